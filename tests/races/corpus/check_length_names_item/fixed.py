"""A user's number is the next one."""

import itertools
import threading

users = {}
numbers = itertools.count()


def register(name):
    number = next(numbers)
    users[number] = name


def main():
    threads = [threading.Thread(target=register, args=(one,)) for one in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(users))


if __name__ == "__main__":
    main()
