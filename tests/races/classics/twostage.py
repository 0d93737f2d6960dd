"""Two values that belong together, each with a lock of its own.

Who reads both finds the first one set and the second one not yet. After `twostage_bad` of
SCTBench.
"""

from classics.two_stages import stages


def racy():
    stages(writers=1, apart=True)


def fixed():
    stages(writers=1, apart=False)
