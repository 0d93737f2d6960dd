"""Two threads throw entries out of a cache, whatever they hold, and bear that one is gone."""

import threading
from contextlib import suppress


class Cache:
    def __init__(self):
        self.entries = {"one": 0, "two": 0}
        self.jobs = [1, 2]

    def clean(self):
        for key in self.entries.copy():
            if key.startswith("o"):
                try:
                    del self.entries[key]
                except KeyError:
                    continue
        if "two" in self.entries:
            with suppress(KeyError):
                self.entries.pop("two")
        while self.jobs:
            try:
                self.jobs.pop()
            except IndexError:
                break


def main():
    cache = Cache()
    threads = [threading.Thread(target=cache.clean) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(cache.entries))


if __name__ == "__main__":
    main()
