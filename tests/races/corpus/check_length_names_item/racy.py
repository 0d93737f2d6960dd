"""A user's number is how many there are so far."""

import threading

users = {}


def register(name):
    number = len(users)  # expect: UG402
    users[number] = name  # expect: UG402


def main():
    threads = [threading.Thread(target=register, args=(one,)) for one in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(users))


if __name__ == "__main__":
    main()
