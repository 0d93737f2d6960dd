"""The average of the last measurements."""

import threading
from collections import deque


class Window:
    def __init__(self):
        self.values = deque([1, 2, 3], maxlen=5)

    def add(self, value):
        self.values.append(value)  # expect: UG405

    def average(self):
        total = count = 0
        for value in self.values:  # expect: UG405
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
