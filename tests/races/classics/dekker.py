"""A flag that is raised after the other's was looked at.

After T. Dekker's algorithm in E. Dijkstra, "Cooperating Sequential Processes", EWD 123, 1965,
and the first wrong attempts there. Tried and not waited for, as in `peterson`.
"""

from classics.in_threads import at_once


class Flags:
    def __init__(self):
        self.raised = [False, False]
        self.inside = 0

    def enter(self, me):
        if not self.raised[1 - me]:
            self.raised[me] = True
            self.work()
            self.raised[me] = False

    def work(self):
        assert self.inside == 0
        self.inside = 1
        self.inside = 0


class RightFlags(Flags):
    def enter(self, me):
        self.raised[me] = True
        if not self.raised[1 - me]:
            self.work()
        self.raised[me] = False


def used(flags):
    at_once(lambda: flags.enter(0), lambda: flags.enter(1))


def racy():
    used(Flags())


def fixed():
    used(RightFlags())
