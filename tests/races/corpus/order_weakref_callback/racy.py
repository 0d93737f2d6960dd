"""What is dropped is counted by the callback of a weak reference."""

import threading
import weakref


class Page:
    pass


class Cache:
    def __init__(self):
        self.dropped = 0

    def forget(self, reference):
        self.dropped += 1  # expect: UG401


def browse(cache):
    for _ in range(5):
        page = Page()
        reference = weakref.ref(page, cache.forget)
        del page
        del reference


def main():
    cache = Cache()
    threads = [threading.Thread(target=browse, args=(cache,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(cache.dropped)


if __name__ == "__main__":
    main()
