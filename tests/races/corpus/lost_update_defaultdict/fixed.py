"""Hits by page, from the lines of two servers."""

import threading
from collections import defaultdict

LINES = [["/", "/about", "/"], ["/", "/help"]]


def tally(lines, hits, lock):
    for page in lines:
        with lock:
            hits[page] += 1


def main():
    hits = defaultdict(int)
    lock = threading.Lock()
    threads = [threading.Thread(target=tally, args=(lines, hits, lock)) for lines in LINES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(hits["/"])


if __name__ == "__main__":
    main()
