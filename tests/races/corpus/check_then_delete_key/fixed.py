"""Two threads throw the same entry out of a cache."""

import threading
from contextlib import suppress


class Cache:
    def __init__(self):
        self.entries = {"old": 1, "new": 2}

    def discard(self, key):
        with suppress(KeyError):
            del self.entries[key]


def main():
    cache = Cache()
    threads = [threading.Thread(target=cache.discard, args=("old",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(cache.entries))


if __name__ == "__main__":
    main()
