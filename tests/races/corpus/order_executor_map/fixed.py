"""The longest line, found by a pool."""

import threading
from concurrent.futures import ThreadPoolExecutor


class Longest:
    def __init__(self, workers):
        self.start = threading.Barrier(workers)
        self.length = 0

    def look(self, line):
        self.start.wait()
        return len(line)


def main():
    lines = ["a line", "a longer line"]
    longest = Longest(len(lines))
    with ThreadPoolExecutor(max_workers=len(lines)) as pool:
        for length in pool.map(longest.look, lines):
            longest.length = max(longest.length, length)
    print(longest.length)


if __name__ == "__main__":
    main()
