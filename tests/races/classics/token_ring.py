"""Three who hand a value on, each from its neighbour, and do not wait for it.

After `token_ring_bad` of SCTBench.
"""

import threading

from classics.in_threads import at_once


class Ring:
    one = two = three = 0


def ring(*, waits):
    ring, lock = Ring(), threading.Lock()
    first, second = threading.Event(), threading.Event()

    def begin():
        with lock:
            ring.one = (ring.three + 1) % 4
        first.set()

    def middle():
        if waits:
            first.wait()
        with lock:
            ring.two = ring.one
        second.set()

    def end():
        if waits:
            second.wait()
        with lock:
            ring.three = ring.two

    at_once(begin, middle, end)
    assert ring.one == ring.two == ring.three


def racy():
    ring(waits=False)


def fixed():
    ring(waits=True)
