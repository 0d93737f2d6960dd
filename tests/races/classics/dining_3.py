"""Three philosophers who all take the fork on the left first.

Each has one fork and waits for the next one's. After `din_phil3_sat` of SCTBench; E.
Dijkstra, "Hierarchical Ordering of Sequential Processes", Acta Informatica 1, 1971.
"""

from classics.dining import dine


def racy():
    dine(3, ordered=False)


def fixed():
    dine(3, ordered=True)
