"""One thread goes through the attribute, the other through __dict__."""

import threading


class Usage:
    def __init__(self):
        self.calls = 0

    def call(self):
        self.calls += 1  # expect: UG401

    def add(self, name, amount):
        self.__dict__[name] += amount  # expect: UG401


def main():
    usage = Usage()
    calling = threading.Thread(target=usage.call)
    adding = threading.Thread(target=usage.add, args=("calls", 10))
    calling.start()
    adding.start()
    calling.join()
    adding.join()
    print(usage.calls)


if __name__ == "__main__":
    main()
