"""Two values that belong together, and nine who write them.

As `twostage`, with ten threads. After `twostage_100_bad` of SCTBench.
"""

from classics.two_stages import stages


def racy():
    stages(writers=9, apart=True)


def fixed():
    stages(writers=9, apart=False)
