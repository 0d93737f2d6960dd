"""Two transfers from one account, of which one is lost.

Each reads the balance, and writes back what it read less its amount. After `account_bad` of
SCTBench and `Account` of the IBM benchmark.
"""

import threading

from classics.in_threads import at_once


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = threading.Lock()


def transfer(source, target, amount):
    source.balance -= amount
    target.balance += amount


def transfer_locked(source, target, amount):
    with source.lock:
        source.balance -= amount
    with target.lock:
        target.balance += amount


def transfers(how):
    ours, theirs = Account(100), Account(0)
    at_once(lambda: how(ours, theirs, 30), lambda: how(ours, theirs, 20))
    assert (ours.balance, theirs.balance) == (50, 50)


def racy():
    transfers(transfer)


def fixed():
    transfers(transfer_locked)
