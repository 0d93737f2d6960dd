"""Peterson's lock with its two stores in the wrong order.

It is tried and not waited for: who finds the other one inside goes away. After G. Peterson,
"Myths about the Mutual Exclusion Problem", IPL 12(3), 1981.
"""

from classics.in_threads import at_once


class Peterson:
    def __init__(self):
        self.wants = [False, False]
        self.turn = 0
        self.inside = 0

    def announce(self, me):
        self.turn = 1 - me
        self.wants[me] = True

    def enter(self, me):
        self.announce(me)
        if not self.wants[1 - me] or self.turn == me:
            assert self.inside == 0
            self.inside = 1
            self.inside = 0
            self.wants[me] = False


class RightPeterson(Peterson):
    def announce(self, me):
        self.wants[me] = True
        self.turn = 1 - me


def used(lock):
    at_once(lambda: lock.enter(0), lambda: lock.enter(1))


def racy():
    used(Peterson())


def fixed():
    used(RightPeterson())
