"""A table that is read when first needed; what reads it first empties it."""

import threading


class Table:
    def __init__(self):
        self.loaded = False
        self.lock = threading.Lock()
        self.rows = []

    def size(self):
        self.ensure_loaded()
        return len(self.rows)  # allow: UG408

    def ensure_loaded(self):
        if not self.loaded:  # expect: UG403; allow: UG408
            with self.lock:
                self.load()

    def load(self):
        self.clear()
        self.rows.append("ann")
        self.rows.append("bob")
        self.loaded = True  # expect: UG403; allow: UG408

    def clear(self):
        self.loaded = False  # expect: UG403; allow: UG408
        self.rows = []  # allow: UG408


def main():
    table = Table()
    threads = [threading.Thread(target=table.size) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(table.size())


if __name__ == "__main__":
    main()
