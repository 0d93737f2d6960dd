"""A service that is started when it is first asked for, twice.

After the races of JaConTeBe, and B. Goetz et al., "Java Concurrency in
Practice", 2006, listing 2.3.
"""

import threading
from contextlib import nullcontext

from classics.in_threads import at_once


class Registry:
    def __init__(self, lock):
        self.lock = lock
        self.service = None
        self.started = 0

    def get(self):
        with self.lock:
            if self.service is None:
                self.service = object()
                self.started += 1
            return self.service


def used(registry):
    at_once(registry.get, registry.get, registry.get)
    assert registry.started == 1


def racy():
    used(Registry(nullcontext()))


def fixed():
    used(Registry(threading.Lock()))
