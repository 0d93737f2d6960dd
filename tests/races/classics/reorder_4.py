"""As `reorder_3`, with three threads that set. After `reorder_4_bad` of SCTBench."""

from classics.reorder import reorder


def racy():
    reorder(4, locked=False)


def fixed():
    reorder(4, locked=True)
