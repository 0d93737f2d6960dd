"""Loops that take locks, and hand over."""

import queue
import threading

from timing import Loops, measure


class Safe:
    """A counter with a lock."""

    def __init__(self) -> None:
        self.lock: threading.Lock | threading.RLock = threading.Lock()
        self.n = 0

    def add(self) -> None:
        with self.lock:
            self.n += 1


class Reentrant(Safe):
    """One with a lock that a thread may take twice."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()


def added(safe: Safe, n: int) -> None:
    for _ in range(n):
        safe.add()


def handed_over(jobs: queue.Queue[int], n: int) -> None:
    for i in range(n):
        jobs.put(i)
        jobs.get()


LOOPS: Loops = {
    "with lock: n += 1": (Safe, added),
    "with rlock: n += 1": (Reentrant, added),
    "SimpleQueue": (queue.SimpleQueue, handed_over),
    "Queue": (queue.Queue, handed_over),
}

if __name__ == "__main__":
    measure(LOOPS)
