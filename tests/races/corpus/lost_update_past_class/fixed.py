"""A dict that counts by the methods of `dict` itself, since its own do more."""

import threading


class Tally(dict):
    lock = threading.Lock()

    def __getitem__(self, name):
        return f"{dict.__getitem__(self, name)} votes"

    def add(self, name):
        with self.lock:
            votes = dict.get(self, name, 0)
            dict.__setitem__(self, name, votes + 1)


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
