"""A cache that holds the last ten."""

import threading
from collections import OrderedDict


class Recent:
    def __init__(self, limit):
        self.limit = limit
        self.entries = OrderedDict()
        self.lock = threading.Lock()

    def put(self, key, value):
        with self.lock:
            if len(self.entries) >= self.limit:
                self.entries.popitem(last=False)
            self.entries[key] = value


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
