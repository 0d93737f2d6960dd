"""As `reorder_3`, with four threads that set. After `reorder_5_bad` of SCTBench."""

from classics.reorder import reorder


def racy():
    reorder(5, locked=False)


def fixed():
    reorder(5, locked=True)
