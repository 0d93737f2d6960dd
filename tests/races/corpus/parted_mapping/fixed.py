"""Who asks and stores has the lock for both."""

import threading
from collections.abc import MutableMapping


class Pages(MutableMapping):
    def __init__(self):
        self.lock = threading.RLock()
        self.pages = {}

    def __getitem__(self, name):
        with self.lock:
            return self.pages[name]

    def __setitem__(self, name, page):
        with self.lock:
            self.pages[name] = page

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
    with pages.lock:
        found = pages.get(name)
        if found is None:
            found = pages[name] = object()
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
