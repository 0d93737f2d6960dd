"""Two workers send their results, and count them too."""

import queue
import threading


class Stats:
    def __init__(self):
        self.sent = 0


def square(number, results, stats):
    results.put(number * number)
    stats.sent += 1  # expect: UG401


def main():
    results = queue.SimpleQueue()
    stats = Stats()
    threads = [threading.Thread(target=square, args=(n, results, stats)) for n in (3, 4)]
    for thread in threads:
        thread.start()
    total = results.get() + results.get()
    for thread in threads:
        thread.join()
    print(total, stats.sent)


if __name__ == "__main__":
    main()
