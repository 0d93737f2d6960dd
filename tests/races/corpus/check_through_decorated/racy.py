"""Each method holds the lock, and what calls both does not."""

import functools
import threading


def synchronized(function):
    @functools.wraps(function)
    def wrapper(self, *args):
        with self.lock:
            return function(self, *args)

    return wrapper


class Store:
    def __init__(self):
        self.lock = threading.RLock()
        self.values = {}

    @synchronized
    def has(self, key):
        return key in self.values

    @synchronized
    def put(self, key, value):
        self.values[key] = value

    def ensure(self, key):
        if not self.has(key):  # expect: UG402
            self.put(key, object())


def main():
    store = Store()
    threads = [threading.Thread(target=lambda: store.ensure("k")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(store.values))


if __name__ == "__main__":
    main()
