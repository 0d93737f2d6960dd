"""An audit that comes between the two halves of a transfer.

Each account has its lock, and each half is a step of its own; the transfer is none, so money
is missing while it is under way. After the atomicity violations of several variables in S.
Lu, S. Park, E. Seo, Y. Zhou, "Learning from Mistakes", ASPLOS 2008.
"""

import threading

from classics.in_threads import at_once


class Bank:
    def __init__(self):
        self.here = self.there = 50
        self.here_lock = threading.Lock()
        self.there_lock = threading.Lock()

    def transfer(self):
        with self.here_lock:
            self.here -= 10
        with self.there_lock:
            self.there += 10

    def total(self):
        with self.here_lock:
            here = self.here
        with self.there_lock:
            return here + self.there


class CarefulBank(Bank):
    def transfer(self):
        with self.here_lock, self.there_lock:
            self.here -= 10
            self.there += 10

    def total(self):
        with self.here_lock, self.there_lock:
            return self.here + self.there


def audited(bank):
    def audit():
        assert bank.total() == 100

    at_once(bank.transfer, audit)


def racy():
    audited(Bank())


def fixed():
    audited(CarefulBank())
