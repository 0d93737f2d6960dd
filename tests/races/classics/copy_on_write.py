"""A list that is replaced by a longer copy, and a copy that is lost.

After the races of JaConTeBe.
"""

import threading
from contextlib import nullcontext

from classics.in_threads import at_once


class Handlers:
    def __init__(self, lock):
        self.all = ()
        self.lock = lock

    def add(self, one):
        with self.lock:
            self.all = (*self.all, one)


def used(handlers):
    at_once(*[lambda one=one: handlers.add(one) for one in "abc"])
    assert sorted(handlers.all) == ["a", "b", "c"]


def racy():
    used(Handlers(nullcontext()))


def fixed():
    used(Handlers(threading.Lock()))
