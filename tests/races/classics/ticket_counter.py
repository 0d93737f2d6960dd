"""A counter that gives the same ticket twice.

After the ticket orders of the IBM benchmark.
"""

import threading
from contextlib import nullcontext

from classics.in_threads import at_once


class Counter:
    def __init__(self, lock):
        self.lock = lock
        self.last = 0

    def ticket(self):
        with self.lock:
            number = self.last + 1
            self.last = number
        return number


def used(counter):
    given = []
    at_once(*[lambda: given.append(counter.ticket())] * 3)
    assert len(set(given)) == 3


def racy():
    used(Counter(nullcontext()))


def fixed():
    used(Counter(threading.Lock()))
