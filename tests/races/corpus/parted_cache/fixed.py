"""The first value stays, whoever comes later."""

import threading


class Cache:
    def __init__(self):
        self.values = {}
        self.lock = threading.Lock()

    def get(self, key):
        with self.lock:
            if key in self.values:
                return self.values[key]
        value = object()
        with self.lock:
            return self.values.setdefault(key, value)


def main():
    cache = Cache()
    threads = [threading.Thread(target=lambda: cache.get("k")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(cache.values))


if __name__ == "__main__":
    main()
