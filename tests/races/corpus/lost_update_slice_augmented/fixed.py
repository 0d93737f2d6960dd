"""Whoever is in a hurry comes right behind the first in the line."""

import threading


class Line:
    def __init__(self):
        self.people = ["ann", "ben"]
        self.lock = threading.Lock()

    def push_in(self, name):
        with self.lock:
            self.people[:1] += [name]


def main():
    line = Line()
    threads = [threading.Thread(target=line.push_in, args=(name,)) for name in ("cleo", "dan")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(line.people[0])


if __name__ == "__main__":
    main()
