"""Each method has the lock; who asks and stores has it twice."""

import threading
from collections.abc import MutableMapping


class Pages(MutableMapping):
    def __init__(self):
        self.lock = threading.Lock()
        self.pages = {}

    def __getitem__(self, name):
        with self.lock:
            return self.pages[name]

    def __setitem__(self, name, page):
        with self.lock:
            self.pages[name] = page  # expect: UG402

    def __delitem__(self, name):
        with self.lock:
            del self.pages[name]

    def __iter__(self):
        with self.lock:
            return iter(list(self.pages))

    def __len__(self):
        with self.lock:
            return len(self.pages)


def page(pages, name):
    found = pages.get(name)  # expect: UG402
    if found is None:
        found = pages[name] = object()  # expect: UG402
    return found


def main():
    pages = Pages()
    threads = [threading.Thread(target=page, args=(pages, "tea")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(pages))


if __name__ == "__main__":
    main()
