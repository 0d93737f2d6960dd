"""Each method is one step, and what is done with two of them is none."""

import threading


class Store:
    def __init__(self):
        self._values = {}

    def has(self, key):
        return key in self._values

    def put(self, key, value):
        self._values[key] = value


def prepare(store):
    if not store.has("token"):  # expect: UG402
        store.put("token", object())


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
