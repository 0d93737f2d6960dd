"""A table of philosophers, for `dining_3` and `dining_5`."""

import threading

from classics.in_threads import at_once


def dine(count, *, ordered):
    forks = [threading.Lock() for _ in range(count)]

    def philosopher(number):
        hands = [number, (number + 1) % count]
        if ordered:
            hands.sort()
        first, second = hands
        with forks[first], forks[second]:
            pass

    at_once(*[lambda number=number: philosopher(number) for number in range(count)])
