"""Two locks that are taken in two orders.

After `deadlock01_bad` of SCTBench.
"""

import threading

from classics.in_threads import at_once


class Box:
    def __init__(self):
        self.count = 0
        self.first = threading.Lock()
        self.second = threading.Lock()

    def up(self):
        with self.first, self.second:
            self.count += 1

    def down(self):
        with self.second, self.first:
            self.count -= 1

    def down_in_order(self):
        with self.first, self.second:
            self.count -= 1


def racy():
    box = Box()
    at_once(box.up, box.down)


def fixed():
    box = Box()
    at_once(box.up, box.down_in_order)
