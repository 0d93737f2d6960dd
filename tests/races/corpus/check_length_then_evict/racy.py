"""A cache that holds the last ten."""

import threading
from collections import OrderedDict


class Recent:
    def __init__(self, limit):
        self.limit = limit
        self.entries = OrderedDict()

    def put(self, key, value):
        if len(self.entries) >= self.limit:  # expect: UG402
            self.entries.popitem(last=False)  # expect: UG402
        self.entries[key] = value  # expect: UG402


def fill(recent, name):
    for number in range(20):
        recent.put((name, number), number)


def main():
    recent = Recent(10)
    threads = [threading.Thread(target=fill, args=(recent, name)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(recent.entries) > 0)


if __name__ == "__main__":
    main()
