"""Temporary things are counted as they go."""

import threading
import weakref

gone = {"count": 0}


class Temporary:
    def __init__(self):
        weakref.finalize(self, farewell)


def farewell():
    gone["count"] += 1  # expect: UG401


def work():
    for _ in range(5):
        Temporary()


def main():
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(gone["count"])


if __name__ == "__main__":
    main()
