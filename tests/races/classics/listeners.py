"""Listeners of which one is taken away while they are being told.

After the races of JaConTeBe.
"""

from classics.in_threads import at_once


class Bell:
    def __init__(self):
        self.listeners = {"a": print, "b": print}
        self.rung = 0

    def ring(self):
        for _ in self.listeners:
            self.rung += 1

    def remove(self, name):
        del self.listeners[name]


class CarefulBell(Bell):
    def remove(self, name):
        self.listeners = {key: one for key, one in self.listeners.items() if key != name}


def used(bell):
    at_once(bell.ring, lambda: bell.remove("a"))


def racy():
    used(Bell())


def fixed():
    used(CarefulBell())
