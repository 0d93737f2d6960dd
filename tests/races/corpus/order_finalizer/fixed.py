"""Temporary things are counted as they go."""

import threading
import weakref

gone = []


class Temporary:
    def __init__(self):
        weakref.finalize(self, farewell)


def farewell():
    gone.append(1)


def work():
    for _ in range(5):
        Temporary()


def main():
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(gone))


if __name__ == "__main__":
    main()
