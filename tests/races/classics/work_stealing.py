"""A deque whose owner and thief both take the last item.

The owner takes from the tail, the thief from the head; whether they meet is looked at before
and not after the index was moved. After `WorkStealQueue` of CHESS and SCTBench, which is after
M. Frigo, C. Leiserson, K. Randall, "The Implementation of the Cilk-5 Multithreaded Language",
PLDI 1998.
"""

import threading

from classics.in_threads import at_once


class Deque:
    def __init__(self, items):
        self.items = list(items)
        self.head = 0
        self.tail = len(items)
        self.lock = threading.Lock()

    def steal(self):
        with self.lock:
            head = self.head
            if head >= self.tail:
                return None
            item = self.items[head]
            self.head = head + 1
            return item

    def take(self):
        tail = self.tail - 1
        if self.head > tail:
            return None
        self.tail = tail
        return self.items[tail]


class CarefulDeque(Deque):
    def steal(self):
        with self.lock:
            head = self.head
            self.head = head + 1
            if head >= self.tail:
                self.head = head
                return None
            return self.items[head]

    def take(self):
        tail = self.tail - 1
        self.tail = tail
        if self.head <= tail:
            return self.items[tail]
        with self.lock:
            if self.head <= tail:
                return self.items[tail]
            self.tail = tail + 1
            return None


def used(deque):
    taken = []

    def owner():
        taken.append(deque.take())
        taken.append(deque.take())

    def thief():
        taken.append(deque.steal())

    at_once(owner, thief)
    items = [one for one in taken if one is not None]
    assert sorted(items) == ["a", "b"]


def racy():
    used(Deque("ab"))


def fixed():
    used(CarefulDeque("ab"))
