"""A wait that gives back its own lock, and keeps the one around it.

Who should end it needs both. After the nested monitors of D. Lea, "Concurrent Programming in
Java", 2nd edition 1999, section 3.3.4.
"""

import threading

from classics.in_threads import at_once


class Slot:
    def __init__(self):
        self.free = True
        self.changed = threading.Condition()

    def take(self):
        with self.changed:
            while not self.free:
                self.changed.wait()
            self.free = False

    def give(self):
        with self.changed:
            self.free = True
            self.changed.notify()


class Garage:
    def __init__(self):
        self.lock = threading.Lock()
        self.slot = Slot()
        self.visits = 0

    def park(self):
        with self.lock:
            self.visits += 1
            self.slot.take()

    def leave(self):
        with self.lock:
            self.slot.give()


class CarefulGarage(Garage):
    def park(self):
        with self.lock:
            self.visits += 1
        self.slot.take()

    def leave(self):
        self.slot.give()


def used(garage):
    def visit():
        garage.park()
        garage.leave()

    at_once(visit, visit)


def racy():
    used(Garage())


def fixed():
    used(CarefulGarage())
