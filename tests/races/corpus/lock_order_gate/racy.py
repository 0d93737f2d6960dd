"""Copying between two files, each with a lock, in both directions."""

import threading


class File:
    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()


def copy(source, target):
    with source.lock, target.lock:  # expect: UG409
        target.name += "+" + source.name


def main():
    a, b = File("a"), File("b")
    there = threading.Thread(target=copy, args=(a, b))
    back = threading.Timer(0.03, copy, args=(b, a))
    there.start()
    back.start()
    there.join()
    back.join()
    print(a.name)


if __name__ == "__main__":
    main()
