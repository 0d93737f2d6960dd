"""A method is called again and again, and counts from what was last."""

import threading


class Board:
    def __init__(self):
        self.lock = threading.Lock()
        self.last = 0

    def shown(self):
        with self.lock:
            return self.last  # expect: UG401

    def show(self, number):
        with self.lock:
            self.last = number

    def step(self, number):
        before = self.shown()
        self.show(before + number)
        return before

    def run(self, number):
        for _ in range(2):
            self.step(number)


def main():
    board = Board()
    threads = [threading.Thread(target=board.run, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
