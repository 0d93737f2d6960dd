"""Two groups that share a hall, and of which the first to come locks it.

Both counts are under one lock. Whoever waits for the hall holds it, so the other group cannot
leave. After `carter01_bad` of SCTBench.
"""

import threading

from classics.in_threads import at_once


class Hall:
    def __init__(self):
        self.free = threading.Lock()


class Group:
    def __init__(self, hall, lock):
        self.hall = hall
        self.lock = lock
        self.inside = 0

    def visit(self):
        with self.lock:
            self.inside += 1
            if self.inside == 1:
                self.hall.free.acquire()
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                self.hall.free.release()


def racy():
    hall, lock = Hall(), threading.Lock()
    at_once(Group(hall, lock).visit, Group(hall, lock).visit)


def fixed():
    hall = Hall()
    ours, theirs = Group(hall, threading.Lock()), Group(hall, threading.Lock())
    at_once(ours.visit, ours.visit, theirs.visit)
