"""Readers whose number is counted without a lock.

The first reader shuts the writer out and the last one lets it in again; if a count is lost, a
reader reads beside the writer. After P. Courtois, F. Heymans, D. Parnas, "Concurrent Control
with Readers and Writers", CACM 14(10), 1971, without their mutex.
"""

import threading
from contextlib import nullcontext

from classics.in_threads import at_once


class Book:
    def __init__(self, mutex):
        self.mutex = mutex
        self.readers = 0
        self.free = threading.Lock()
        self.left = self.right = 0

    def read(self):
        with self.mutex:
            self.readers += 1
            if self.readers == 1:
                self.free.acquire()
        assert self.left == self.right
        with self.mutex:
            self.readers -= 1
            if self.readers == 0:
                self.free.release()

    def write(self):
        with self.free:
            self.left += 1
            self.right += 1


def used(book):
    at_once(book.read, book.read, book.write)


def racy():
    used(Book(nullcontext()))


def fixed():
    used(Book(threading.Lock()))
