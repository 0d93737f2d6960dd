"""The longest line, found by a pool."""

import threading
from concurrent.futures import ThreadPoolExecutor


class Longest:
    def __init__(self, workers):
        self.start = threading.Barrier(workers)
        self.length = 0

    def look(self, line):
        self.start.wait()
        self.length = max(self.length, len(line))  # expect: UG401; allow: UG408


def main():
    lines = ["a line", "a longer line"]
    longest = Longest(len(lines))
    with ThreadPoolExecutor(max_workers=len(lines)) as pool:
        list(pool.map(longest.look, lines))
    print(longest.length)


if __name__ == "__main__":
    main()
