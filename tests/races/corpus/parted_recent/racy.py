"""The cache has a lock, and notes who was asked for last; who asks and stores has it twice."""

import threading
from collections import OrderedDict


class Recent:
    def __init__(self, size):
        self.lock = threading.Lock()
        self.size = size
        self.pages = OrderedDict()

    def get(self, name):
        with self.lock:
            if name not in self.pages:  # expect: UG402
                return None
            self.pages.move_to_end(name)
            return self.pages[name]

    def put(self, name, page):
        with self.lock:
            self.pages[name] = page  # expect: UG402
            if len(self.pages) > self.size:
                self.pages.popitem(last=False)


def page(pages, name):
    found = pages.get(name)  # expect: UG402
    if found is None:
        found = object()
        pages.put(name, found)  # expect: UG402
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
