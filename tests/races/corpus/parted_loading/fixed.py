"""Who loads a plugin says so before it lets go of the lock."""

import threading


class Plugins:
    def __init__(self):
        self.loaded = {}
        self.loading = set()
        self.lock = threading.Lock()

    def load(self, name):
        with self.lock:
            if name in self.loaded:
                return
            if name in self.loading:
                return
            self.loading.add(name)
        plugin = object()
        with self.lock:
            self.loaded[name] = plugin
            self.loading.discard(name)


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
