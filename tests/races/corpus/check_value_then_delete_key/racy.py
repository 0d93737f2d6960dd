"""Two threads throw what is over out of a cache that others fill; one throws out what is new."""

import threading
from contextlib import suppress


class Cache:
    def __init__(self):
        self.entries = {"one": 0, "two": 0}

    def clean(self):
        for key in self.entries.copy():
            if self.entries.get(key) == 0:  # expect: UG402
                with suppress(KeyError):
                    del self.entries[key]  # expect: UG402

    def renew(self, key):
        self.entries[key] = 1  # expect: UG402


def main():
    cache = Cache()
    threads = [
        threading.Thread(target=cache.clean),
        threading.Thread(target=cache.renew, args=("one",)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("one" in cache.entries)


if __name__ == "__main__":
    main()
