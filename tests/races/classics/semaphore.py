"""A semaphore in the place of a lock, with a permit too many.

After the IBM benchmark.
"""

import threading

from classics.in_threads import at_once


class Counter:
    def __init__(self, permits):
        self.permits = threading.Semaphore(permits)
        self.count = 0

    def add(self):
        with self.permits:
            self.count += 1


def used(counter):
    at_once(counter.add, counter.add, counter.add)
    assert counter.count == 3


def racy():
    used(Counter(2))


def fixed():
    used(Counter(1))
