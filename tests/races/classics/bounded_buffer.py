"""A buffer whose producers and consumers wait for one condition, and of whom one is woken.

With two of each, the one that is woken may be of the same kind as the one that wakes: it waits
on, and so does everybody else. After the `BoundedBuffer` of the IBM benchmark, and
https://wiki.c2.com/?ExtremeProgrammingChallengeFourteen
"""

import threading

from classics.in_threads import at_once


class Buffer:
    def __init__(self):
        self.items = []
        self.changed = threading.Condition()

    def put(self, item):
        with self.changed:
            while len(self.items) == 1:
                self.changed.wait()
            self.items.append(item)
            self.wake()

    def take(self):
        with self.changed:
            while not self.items:
                self.changed.wait()
            self.items.pop()
            self.wake()

    def wake(self):
        self.changed.notify()


class FairBuffer(Buffer):
    def wake(self):
        self.changed.notify_all()


def used(buffer):
    def produce():
        buffer.put("item")

    at_once(buffer.take, buffer.take, produce, produce)


def racy():
    used(Buffer())


def fixed():
    used(FairBuffer())
