"""Identifiers of names, given on first use."""

import threading


class Names:
    def __init__(self):
        self.numbers = {}

    def number(self, name):
        return self.numbers.setdefault(name, object())


def main():
    names = Names()
    threads = [threading.Thread(target=names.number, args=("x",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(names.numbers))


if __name__ == "__main__":
    main()
