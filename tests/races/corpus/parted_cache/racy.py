"""A cache that is not locked while the value is computed, and then overwritten."""

import threading


class Cache:
    def __init__(self):
        self.values = {}
        self.lock = threading.Lock()

    def get(self, key):
        with self.lock:
            if key in self.values:  # expect: UG402
                return self.values[key]
        value = object()
        with self.lock:
            self.values[key] = value  # expect: UG402
        return value


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
