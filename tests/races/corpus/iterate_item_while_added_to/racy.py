"""The lists of a dict are added to by an operator while one is gone through."""

import threading
from collections import defaultdict


class Groups:
    def __init__(self):
        self.members = defaultdict(list, all=["ann"])

    def add(self, group, names):
        self.members[group] += names  # expect: UG405; allow: UG401, UG407

    def show(self, group):
        for name in self.members[group]:  # expect: UG405
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
