"""A range whose ends belong together, shown in a string."""

import threading


class Range:
    __slots__ = ("high", "lock", "low")

    def __init__(self, low, high):
        self.low = low
        self.high = high
        self.lock = threading.RLock()

    def shift(self, by):
        with self.lock:
            self.low += by
            self.high += by

    def show(self):
        with self.lock:
            return f"from {self.low} to {self.high:>3}"


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
