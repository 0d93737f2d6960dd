"""A variable of a function is added to a set in place, which another thread goes through."""

import threading

SEEN = {"a"}


def add(name):
    seen = SEEN
    seen |= {name}  # expect: UG405


def names():
    return [name.upper() for name in SEEN]  # expect: UG405


def main():
    threads = [threading.Thread(target=add, args=["b"]), threading.Thread(target=names)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(SEEN))


if __name__ == "__main__":
    main()
