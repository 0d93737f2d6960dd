"""A cache of the last answer, whose key and value are kept apart.

Who asks finds its own key and another one's value. After B. Goetz et al., "Java Concurrency in
Practice", 2006, listing 2.5.
"""

from classics.in_threads import at_once


class Squares:
    def __init__(self):
        self.number = 0
        self.square = 0

    def of(self, number):
        if self.number == number:
            return self.square
        square = number * number
        self.number = number
        self.square = square
        return square


class CarefulSquares:
    def __init__(self):
        self.last = (0, 0)

    def of(self, number):
        last = self.last
        if last[0] != number:
            last = self.last = (number, number * number)
        return last[1]


def used(squares):
    def ask(number):
        assert squares.of(number) == number * number

    at_once(lambda: ask(2), lambda: ask(2), lambda: ask(3))


def racy():
    used(Squares())


def fixed():
    used(CarefulSquares())
