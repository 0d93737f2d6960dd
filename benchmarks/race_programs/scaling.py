"""How much a number of threads do in a second, each on data that only it has.

python scaling.py WORK THREADS SECONDS
"""

from __future__ import annotations

import sys
import threading
import time

STEPS = 3000


class Account:
    def __init__(self) -> None:
        self.balance = 0
        self.count = 0

    def deposit(self, amount: int) -> None:
        self.balance += amount
        self.count += 1


def attributes() -> None:
    account = Account()
    for _ in range(STEPS):
        account.deposit(1)


def dicts() -> None:
    counts: dict[int, int] = {}
    for i in range(STEPS):
        key = i % 100
        if key not in counts:
            counts[key] = 0
        counts[key] += 1


def lists() -> None:
    jobs: list[int] = []
    for i in range(STEPS):
        jobs.append(i)
        jobs.pop()


def objects() -> None:
    last = Account()
    for _ in range(STEPS // 3):
        account = Account()
        account.balance = last.balance + 1
        last = account


WORK = {"attributes": attributes, "dicts": dicts, "lists": lists, "objects": objects}


def main() -> None:
    """Print how often all threads together did the work in a second."""
    work, number, seconds = WORK[sys.argv[1]], int(sys.argv[2]), float(sys.argv[3])
    rates: list[float] = []

    def run() -> None:
        for _ in range(3):
            work()
        times, began = 0, time.perf_counter()
        while (took := time.perf_counter() - began) < seconds:
            work()
            times += 1
        rates.append(times / took)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{sum(rates):.2f} {sys.argv[1]}")


if __name__ == "__main__":
    main()
