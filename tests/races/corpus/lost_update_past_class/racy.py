"""A dict that counts by the methods of `dict` itself, since its own do more."""

import threading


class Tally(dict):
    def __getitem__(self, name):
        return f"{dict.__getitem__(self, name)} votes"

    def add(self, name):
        votes = dict.get(self, name, 0)  # expect: UG401
        dict.__setitem__(self, name, votes + 1)  # expect: UG401


def main():
    tally = Tally(ann=0)
    threads = [threading.Thread(target=tally.add, args=["ann"]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(tally["ann"])


if __name__ == "__main__":
    main()
