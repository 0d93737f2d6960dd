"""Batches are cut from one iterator by two threads."""

import itertools
import threading


class Batches:
    def __init__(self, items):
        self.items = iter(items)

    def take(self, size):
        return list(itertools.islice(self.items, size))  # expect: UG406


def main():
    batches = Batches(range(12))
    threads = [threading.Thread(target=batches.take, args=(4,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(batches.take(4)) > 0)


if __name__ == "__main__":
    main()
