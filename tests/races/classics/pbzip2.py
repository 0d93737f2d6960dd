"""A queue that is taken away while its consumer still uses it.

The producer says that it is through, and tidies up without waiting. After `pbzip2-0.9.4` of
SCTBench; J. Yu, S. Narayanasamy, "A Case for an Interleaving Constrained Shared-Memory
Multi-Processor", ISCA 2009.
"""

import threading

from classics.in_threads import at_once


class Archive:
    def __init__(self):
        self.lock = threading.Lock()
        self.blocks = ["block"]
        self.consumed = threading.Event()

    def consume(self):
        with self.lock:
            self.blocks.pop()
        self.blocks.clear()
        self.consumed.set()

    def tidy_up(self):
        self.blocks = None


class CarefulArchive(Archive):
    def tidy_up(self):
        self.consumed.wait()
        super().tidy_up()


def used(archive):
    at_once(archive.consume, archive.tidy_up)


def racy():
    used(Archive())


def fixed():
    used(CarefulArchive())
