"""A gauge without a dictionary."""

import threading


class Gauge:
    __slots__ = ("value",)

    def __init__(self):
        self.value = 0

    def up(self):
        self.value += 1  # expect: UG401

    def down(self):
        self.value -= 1  # expect: UG401


def main():
    gauge = Gauge()
    threads = [threading.Thread(target=gauge.up), threading.Thread(target=gauge.down)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(gauge.value)


if __name__ == "__main__":
    main()
