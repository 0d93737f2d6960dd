"""A cache of futures in which two ask for what is not there, and both compute it.

After the memoizer of B. Goetz et al., "Java Concurrency in Practice", 2006, listing 5.18.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from classics.in_threads import at_once


class Cache:
    def __init__(self, pool, lock):
        self.pool = pool
        self.lock = lock
        self.futures = {}
        self.computed = []

    def get(self, key):
        with self.lock:
            if key not in self.futures:
                self.futures[key] = self.pool.submit(self.computed.append, key)
            future = self.futures[key]
        future.result()


def used(lock):
    with ThreadPoolExecutor(1) as pool:
        cache = Cache(pool, lock)
        at_once(lambda: cache.get("k"), lambda: cache.get("k"))
    assert cache.computed == ["k"]


def racy():
    used(nullcontext())


def fixed():
    used(threading.Lock())
