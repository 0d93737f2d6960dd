"""The average of the last measurements."""

import threading
from collections import deque


class Window:
    def __init__(self):
        self.values = deque([1, 2, 3], maxlen=5)
        self.lock = threading.Lock()

    def add(self, value):
        with self.lock:
            self.values.append(value)

    def average(self):
        total = count = 0
        with self.lock:
            for value in self.values:
                total += value
                count += 1
        return total / count


def main():
    window = Window()
    adding = threading.Thread(target=window.add, args=(4,))
    averaging = threading.Thread(target=window.average)
    adding.start()
    averaging.start()
    adding.join()
    averaging.join()
    print(window.average())


if __name__ == "__main__":
    main()
