"""Squares are kept by their roots."""

import threading

squares = {}


def square(root):
    if (found := squares.get(root)) is None:  # expect: UG402
        found = squares[root] = root * root  # expect: UG402
    return found


def main():
    threads = [threading.Thread(target=square, args=(12,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
