"""The longest name is looked for while one is added."""

import threading

names = {"ann", "ben"}


def add(name):
    names.add(name)


def longest():
    return max(sorted(names), key=len)


def main():
    adding = threading.Thread(target=add, args=("cleo",))
    looking = threading.Thread(target=longest)
    adding.start()
    looking.start()
    adding.join()
    looking.join()
    print(longest())


if __name__ == "__main__":
    main()
