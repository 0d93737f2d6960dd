"""Visitors are counted by two doors."""

import threading


class Counter:
    def __init__(self):
        self.count = 0

    def visit(self):
        self.count += 1  # expect: UG401


def door(counter):
    for _ in range(100):
        counter.visit()


def main():
    counter = Counter()
    threads = [threading.Thread(target=door, args=(counter,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(counter.count)


if __name__ == "__main__":
    main()
