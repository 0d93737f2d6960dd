"""The value is read under the lock, worked on without it, and stored under it."""

import threading


class Total:
    def __init__(self):
        self.sum = 0
        self.lock = threading.Lock()

    def add(self, numbers):
        with self.lock:
            total = self.sum  # expect: UG401
        for number in numbers:
            total += number
        with self.lock:
            self.sum = total  # expect: UG401


def main():
    total = Total()
    threads = [threading.Thread(target=lambda: total.add([1, 2, 3])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(total.sum in {6, 12})


if __name__ == "__main__":
    main()
