"""A consumer that does not look again when it was woken.

Another one came first, and took what it was woken for. After `sync01_bad` of SCTBench;
"Condition Objects" in the documentation of `threading` says why it has to look.
"""

import threading

from classics.in_threads import at_once


class Box:
    def __init__(self):
        self.items = []
        self.filled = threading.Condition()

    def put(self, item):
        with self.filled:
            self.items.append(item)
            self.filled.notify()

    def take(self):
        with self.filled:
            if not self.items:
                self.filled.wait()
            return self.items.pop()


class CarefulBox(Box):
    def take(self):
        with self.filled:
            while not self.items:
                self.filled.wait()
            return self.items.pop()


def used(box):
    def produce():
        box.put(1)
        box.put(2)

    at_once(box.take, box.take, produce)


def racy():
    used(Box())


def fixed():
    used(CarefulBox())
