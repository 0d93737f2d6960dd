"""A ring that says that there is something in it before there is.

After `circular_buffer_bad` of SCTBench.
"""

from classics.in_threads import at_once


class Ring:
    def __init__(self):
        self.cells = [None] * 3
        self.first = self.next = 0

    def put(self, item):
        at = self.next
        self.next = (at + 1) % 3
        self.cells[at] = item

    def take(self):
        if self.first == self.next:
            return None  # it is empty
        item = self.cells[self.first]
        self.first = (self.first + 1) % 3
        return item


class CarefulRing(Ring):
    def put(self, item):
        at = self.next
        self.cells[at] = item
        self.next = (at + 1) % 3


def used(ring):
    taken = []

    def producer():
        ring.put(1)
        ring.put(2)

    def consumer():
        taken.append(ring.take())
        taken.append(ring.take())

    at_once(producer, consumer)
    assert taken in ([None, None], [None, 1], [1, None], [1, 2])


def racy():
    used(Ring())


def fixed():
    used(CarefulRing())
