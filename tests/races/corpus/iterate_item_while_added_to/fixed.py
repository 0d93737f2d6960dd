"""The lists of a dict are added to by an operator while one is gone through."""

import threading
from collections import defaultdict


class Groups:
    def __init__(self):
        self.members = defaultdict(list, all=["ann"])
        self.lock = threading.Lock()

    def add(self, group, names):
        with self.lock:
            self.members[group] += names

    def show(self, group):
        with self.lock:
            names = self.members[group].copy()
        for name in names:
            print(name)


def main():
    groups = Groups()
    threads = [
        threading.Thread(target=groups.add, args=["all", ["bob"]]),
        threading.Thread(target=groups.show, args=["all"]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
