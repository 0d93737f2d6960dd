"""Who asks and stores has the lock of the cache for both."""

import threading
from collections import OrderedDict


class Recent:
    def __init__(self, size):
        self.lock = threading.RLock()
        self.size = size
        self.pages = OrderedDict()

    def get(self, name):
        with self.lock:
            if name not in self.pages:
                return None
            self.pages.move_to_end(name)
            return self.pages[name]

    def put(self, name, page):
        with self.lock:
            self.pages[name] = page
            if len(self.pages) > self.size:
                self.pages.popitem(last=False)


def page(pages, name):
    with pages.lock:
        found = pages.get(name)
        if found is None:
            found = object()
            pages.put(name, found)
    return found


def main():
    pages = Recent(8)
    threads = [threading.Thread(target=page, args=(pages, "tea")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(pages.pages))


if __name__ == "__main__":
    main()
