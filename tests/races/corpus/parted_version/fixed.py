"""What was loaded is only kept if nothing was changed meanwhile."""

import threading


class Cache:
    def __init__(self):
        self.lock = threading.Lock()
        self.values = {"b": 0}
        self.version = 0

    def get(self, key):
        with self.lock:
            if key in self.values:
                return self.values[key]
            version = self.version
        value = len(key)
        with self.lock:
            if version == self.version:
                self.values[key] = value
        return value

    def forget(self):
        with self.lock:
            self.version += 1
            self.values["a"] = 7


def main():
    cache = Cache()
    threads = [
        threading.Thread(target=cache.get, args=("a",)),
        threading.Thread(target=cache.forget),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(cache.values))


if __name__ == "__main__":
    main()
