"""Rows of two files, chained, for two readers."""

import itertools
import threading


def read(rows, found):
    row = next(rows, None)  # expect: UG406
    while row is not None:
        found.append(row)
        row = next(rows, None)  # expect: UG406


def main():
    rows = itertools.chain(["a", "b"], ["c", "d"])
    found = []
    threads = [threading.Thread(target=read, args=(rows, found)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(found) > 0)


if __name__ == "__main__":
    main()
