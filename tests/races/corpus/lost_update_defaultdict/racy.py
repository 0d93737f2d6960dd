"""Hits by page, from the lines of two servers."""

import threading
from collections import defaultdict

LINES = [["/", "/about", "/"], ["/", "/help"]]


def tally(lines, hits):
    for page in lines:
        hits[page] += 1  # expect: UG401; allow: UG402


def main():
    hits = defaultdict(int)
    threads = [threading.Thread(target=tally, args=(lines, hits)) for lines in LINES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(hits["/"])


if __name__ == "__main__":
    main()
