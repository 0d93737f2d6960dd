"""A value is computed by a pool, and its cache waits for it under a lock."""

import threading
from concurrent.futures import ThreadPoolExecutor


class Cache:
    def __init__(self, pool):
        self.lock = threading.RLock()
        self.pool = pool
        self.values = {}

    def value(self, number):
        with self.lock:
            if number not in self.values:
                self.values[number] = self.pool.submit(pow, number, 2).result()  # expect: UG410
            return self.values[number]


def main():
    with ThreadPoolExecutor(max_workers=1) as pool:
        cache = Cache(pool)
        print(cache.value(7))


if __name__ == "__main__":
    main()
