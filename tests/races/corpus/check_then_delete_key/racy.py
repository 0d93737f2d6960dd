"""Two threads throw the same entry out of a cache."""

import threading


class Cache:
    def __init__(self):
        self.entries = {"old": 1, "new": 2}

    def discard(self, key):
        if key in self.entries:  # expect: UG402
            del self.entries[key]  # expect: UG402


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
