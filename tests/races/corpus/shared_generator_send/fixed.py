"""A running average that two threads feed."""

import threading


def averaging():
    total, count, value = 0, 0, 0
    while True:
        value = yield total / count if count else 0
        total += value
        count += 1


class Average:
    def __init__(self):
        self.lock = threading.Lock()
        self.process = averaging()
        next(self.process)

    def feed(self, value):
        with self.lock:
            return self.process.send(value)


def main():
    average = Average()
    threads = [threading.Thread(target=average.feed, args=(value,)) for value in (3, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(average.feed(4) > 0)


if __name__ == "__main__":
    main()
