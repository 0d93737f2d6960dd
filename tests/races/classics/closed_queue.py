"""A queue whose closing wakes one of those who wait.

After the wait-notify deadlocks of JaConTeBe.
"""

import threading

from classics.in_threads import at_once


class Queue:
    def __init__(self):
        self.items = []
        self.closed = False
        self.changed = threading.Condition()

    def get(self):
        with self.changed:
            while not self.items and not self.closed:
                self.changed.wait()
            return self.items.pop() if self.items else None

    def put(self, item):
        with self.changed:
            self.items.append(item)
            self.changed.notify()

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify()


class CarefulQueue(Queue):
    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify_all()


def used(queue):
    def produce():
        queue.put(1)
        queue.close()

    at_once(queue.get, queue.get, queue.get, produce)


def racy():
    used(Queue())


def fixed():
    used(CarefulQueue())
