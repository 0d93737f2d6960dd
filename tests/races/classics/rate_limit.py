"""A bucket of tokens that is filled by the clock, and filled twice.

Who looks at the time, and adds what has come since, has to do so in one step. After the
races of JaConTeBe.
"""

import threading
import time
from contextlib import nullcontext

from classics.in_threads import at_once


class Bucket:
    def __init__(self, lock):
        self.lock = lock
        self.filled = time.monotonic() - 2000
        self.tokens = 0

    def take(self):
        with self.lock:
            if time.monotonic() - self.filled > 1000:
                self.tokens += 1
                self.filled = time.monotonic()
            if self.tokens > 0:
                self.tokens -= 1
                return True
            return False


def used(bucket):
    got = []
    at_once(*[lambda: got.append(bucket.take())] * 3)
    assert got.count(True) == 1


def racy():
    used(Bucket(nullcontext()))


def fixed():
    used(Bucket(threading.Lock()))
