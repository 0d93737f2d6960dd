"""A buffer that is appended to another, and shortened between its length and its contents.

Each method is locked, the other buffer only while its methods run. After
`stringbuffer-jdk1.4` of SCTBench.
"""

import threading

from classics.in_threads import at_once


class Buffer:
    def __init__(self, text):
        self.characters = list(text)
        self.lock = threading.RLock()

    def length(self):
        with self.lock:
            return len(self.characters)

    def character(self, at):
        with self.lock:
            return self.characters[at]

    def clear(self):
        with self.lock:
            self.characters.clear()

    def append(self, other):
        with self.lock:
            for at in range(other.length()):
                self.characters.append(other.character(at))


class CarefulBuffer(Buffer):
    def append(self, other):
        with other.lock:
            characters = list(other.characters)
        with self.lock:
            self.characters += characters


def used(one, other):
    at_once(lambda: one.append(other), other.clear)


def racy():
    used(Buffer("ab"), Buffer("cd"))


def fixed():
    used(CarefulBuffer("ab"), CarefulBuffer("cd"))
