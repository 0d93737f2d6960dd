"""Two workers send their results, and count them too."""

import queue
import threading


class Stats:
    def __init__(self):
        self.sent = 0


def square(number, results):
    results.put(number * number)


def main():
    results = queue.SimpleQueue()
    stats = Stats()
    threads = [threading.Thread(target=square, args=(n, results)) for n in (3, 4)]
    for thread in threads:
        thread.start()
    total = 0
    for _ in threads:
        total += results.get()
        stats.sent += 1
    for thread in threads:
        thread.join()
    print(total, stats.sent)


if __name__ == "__main__":
    main()
