"""An account in which each booking takes a lock for a moment."""

import threading


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.balance = 0

    def book(self, amount):
        with self.lock:
            self.balance += amount


ACCOUNT = Account()
BATCHES = range(32)


def book_all(batch):
    for number in range(3000):
        fee = sum(range(20))
        ACCOUNT.book(number + fee)
