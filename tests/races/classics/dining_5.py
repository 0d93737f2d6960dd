"""Five philosophers who all take the fork on the left first.

As `dining_3`. After `din_phil5_sat` of SCTBench.
"""

from classics.dining import dine


def racy():
    dine(5, ordered=False)


def fixed():
    dine(5, ordered=True)
