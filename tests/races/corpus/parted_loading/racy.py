"""Two threads find a plugin missing, and both load it."""

import threading


class Plugins:
    def __init__(self):
        self.loaded = {}
        self.lock = threading.Lock()

    def load(self, name):
        with self.lock:
            if name in self.loaded:  # expect: UG402
                return
        plugin = object()
        with self.lock:
            self.loaded[name] = plugin


def main():
    plugins = Plugins()
    threads = [threading.Thread(target=lambda: plugins.load("a")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(plugins.loaded))


if __name__ == "__main__":
    main()
