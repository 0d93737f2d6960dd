"""Votes of two polling stations go into one Counter."""

import threading
from collections import Counter

STATIONS = [{"red": 3, "blue": 1}, {"red": 2, "green": 4}]


def main():
    votes = Counter()
    start = threading.Barrier(len(STATIONS))
    lock = threading.Lock()

    def report(station):
        start.wait()
        with lock:
            votes.update(station)

    threads = [threading.Thread(target=report, args=(station,)) for station in STATIONS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(votes["red"])


if __name__ == "__main__":
    main()
