"""One method does both under a lock; the other asks it."""

import threading


class Store:
    def __init__(self):
        self._values = {}
        self._lock = threading.RLock()

    def has(self, key):
        with self._lock:
            return key in self._values

    def put(self, key, value):
        with self._lock:
            self._values[key] = value

    def put_if_missing(self, key, value):
        with self._lock:
            if not self.has(key):
                self.put(key, value)


def prepare(store):
    store.put_if_missing("token", object())


def main():
    store = Store()
    threads = [threading.Thread(target=prepare, args=(store,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(store.has("token"))


if __name__ == "__main__":
    main()
