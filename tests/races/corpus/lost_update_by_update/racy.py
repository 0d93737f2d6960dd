"""A count is read from a dict and written back by its method that takes them all."""

import threading


class Tally:
    def __init__(self):
        self.counts = {"a": 0, "b": 0}

    def one(self):
        self.counts.update(a=self.counts["a"] + 1)  # expect: UG401

    def other(self):
        counts = self.counts
        counts |= {"b": counts["b"] + 1}  # expect: UG401


def main():
    tally = Tally()
    threads = [threading.Thread(target=one) for one in (tally.one, tally.one, tally.other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(tally.counts)


if __name__ == "__main__":
    main()
