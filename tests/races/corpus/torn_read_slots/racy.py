"""A range whose ends belong together, shown in a string."""

import threading


class Range:
    __slots__ = ("high", "low")

    def __init__(self, low, high):
        self.low = low
        self.high = high

    def shift(self, by):
        self.low += by  # expect: UG404; allow: UG408
        self.high += by  # expect: UG404; allow: UG408

    def show(self):
        return f"from {self.low} to {self.high:>3}"  # expect: UG404; allow: UG408


def main():
    span = Range(1, 10)
    shifting = threading.Thread(target=span.shift, args=(100,))
    showing = threading.Thread(target=span.show)
    shifting.start()
    showing.start()
    shifting.join()
    showing.join()
    print(span.show())


if __name__ == "__main__":
    main()
