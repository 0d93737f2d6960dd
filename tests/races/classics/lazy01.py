"""A value that one thread expects not to be complete yet.

Each step has the lock, but nothing says in which order they come. After `lazy01_bad` of
SCTBench.
"""

import threading

from classics.in_threads import at_once


class Data:
    value = 0


def racy():
    data, lock = Data(), threading.Lock()

    def add(amount):
        with lock:
            data.value += amount

    def look():
        with lock:
            assert data.value < 3

    at_once(lambda: add(1), lambda: add(2), look)


def fixed():
    data, lock, looked = Data(), threading.Lock(), threading.Event()

    def add(amount):
        looked.wait()
        with lock:
            data.value += amount

    def look():
        with lock:
            assert data.value < 3
        looked.set()

    at_once(lambda: add(1), lambda: add(2), look)
