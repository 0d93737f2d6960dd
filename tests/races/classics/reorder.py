"""Threads that set two values and one that looks, for `reorder_3` to `reorder_10`."""

import threading
from contextlib import nullcontext

from classics.in_threads import at_once


class Pair:
    a = b = 0


def reorder(threads, *, locked):
    pair = Pair()
    lock = threading.Lock() if locked else nullcontext()

    def sets():
        with lock:
            pair.a = 1
            pair.b = -1

    def looks():
        with lock:
            seen = pair.a, pair.b
        assert seen in {(0, 0), (1, -1)}

    at_once(*[sets] * (threads - 1), looks)
