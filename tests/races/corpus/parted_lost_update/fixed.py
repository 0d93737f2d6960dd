"""It is stored only if it is still what was read; else all is done again."""

import threading


class Total:
    def __init__(self):
        self.sum = 0
        self.lock = threading.Lock()

    def add(self, numbers):
        while True:
            with self.lock:
                before = self.sum
            total = before
            for number in numbers:
                total += number
            with self.lock:
                if self.sum == before:
                    self.sum = total
                    return


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
