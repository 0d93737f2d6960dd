"""Squares are kept by their roots."""

import threading

squares = {}
lock = threading.Lock()


def square(root):
    with lock:
        if (found := squares.get(root)) is None:
            found = squares[root] = root * root
        return found


def main():
    threads = [threading.Thread(target=square, args=(12,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
