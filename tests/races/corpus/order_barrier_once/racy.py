"""Two halves are summed, and after the barrier both threads write the sum."""

import threading


class Sheet:
    def __init__(self):
        self.halves = [0, 0]
        self.total = 0
        self.barrier = threading.Barrier(2)

    def work(self, half, numbers):
        self.halves[half] = sum(numbers)
        self.barrier.wait()
        self.total += self.halves[half]  # expect: UG401


def main():
    sheet = Sheet()
    threads = [
        threading.Thread(target=sheet.work, args=(0, [1, 2, 3])),
        threading.Thread(target=sheet.work, args=(1, [4, 5, 6])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sheet.total)


if __name__ == "__main__":
    main()
