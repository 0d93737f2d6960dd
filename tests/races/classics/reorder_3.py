"""Two values that are set one after the other, and who looks in between.

Two threads set, one looks: it must find none set, or both. After `reorder_3_bad` of SCTBench.
"""

from classics.reorder import reorder


def racy():
    reorder(3, locked=False)


def fixed():
    reorder(3, locked=True)
