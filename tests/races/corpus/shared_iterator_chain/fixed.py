"""Rows of two files, chained, for two readers."""

import itertools
import threading


def read(rows, found):
    found.extend(rows)


def main():
    rows = itertools.chain(["a", "b"], ["c", "d"])
    found = []
    parts = itertools.tee(rows)
    shares = [list(itertools.islice(part, start, None, 2)) for start, part in enumerate(parts)]
    threads = [threading.Thread(target=read, args=(share, found)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(found))


if __name__ == "__main__":
    main()
