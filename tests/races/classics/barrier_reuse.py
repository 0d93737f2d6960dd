"""A barrier that counts those who have come, and is used twice.

Who is quick comes to the second round before a slow one has looked at the count of the first.
After A. Downey, "The Little Book of Semaphores", 2nd edition 2016, section 3.7.
"""

import threading

from classics.in_threads import at_once


class Barrier:
    def __init__(self, parties):
        self.parties = parties
        self.count = 0
        self.full = threading.Condition()

    def wait(self):
        with self.full:
            self.count += 1
            if self.count == self.parties:
                self.full.notify_all()
                self.count = 0
                return
            while self.count != 0:
                self.full.wait()


class RoundBarrier(Barrier):
    def __init__(self, parties):
        super().__init__(parties)
        self.round = 0

    def wait(self):
        with self.full:
            now = self.round
            self.count += 1
            if self.count == self.parties:
                self.count = 0
                self.round += 1
                self.full.notify_all()
            while self.round == now:
                self.full.wait()


def used(barrier):
    def rounds():
        barrier.wait()
        barrier.wait()

    at_once(rounds, rounds)


def racy():
    used(Barrier(2))


def fixed():
    used(RoundBarrier(2))
