"""As `reorder_3`, with nine threads that set.

Who looks must come when the first of them has begun and none of the nine has ended. After
`reorder_10_bad` of SCTBench.
"""

from classics.reorder import reorder


def racy():
    reorder(10, locked=False)


def fixed():
    reorder(10, locked=True)
