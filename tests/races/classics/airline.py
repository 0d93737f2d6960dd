"""Agents who ask whether a seat is left, and sell it then.

Two of them sell the last seat. After `Airline` of the IBM benchmark.
"""

import threading
from contextlib import nullcontext

from classics.in_threads import at_once


class Flight:
    def __init__(self, seats, lock):
        self.seats = seats
        self.sold = 0
        self.lock = lock

    def sell(self):
        with self.lock:
            if self.sold < self.seats:
                self.sold += 1


def sold_out(flight):
    at_once(*[flight.sell] * 4)
    assert flight.sold == flight.seats


def racy():
    flight = Flight(3, nullcontext())
    sold_out(flight)


def fixed():
    flight = Flight(3, threading.Lock())
    sold_out(flight)
