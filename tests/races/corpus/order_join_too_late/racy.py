"""The main thread adds its share before the other thread has ended."""

import threading


class Sum:
    def __init__(self):
        self.value = 0

    def add(self, numbers):
        for number in numbers:
            self.value += number  # expect: UG401


def main():
    total = Sum()
    thread = threading.Thread(target=total.add, args=(range(50),))
    thread.start()
    total.value += 50  # expect: UG401
    thread.join()
    print(total.value)


if __name__ == "__main__":
    main()
