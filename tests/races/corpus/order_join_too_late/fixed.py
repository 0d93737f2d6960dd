"""The main thread adds its share before the other thread has ended."""

import threading


class Sum:
    def __init__(self):
        self.value = 0

    def add(self, numbers):
        for number in numbers:
            self.value += number


def main():
    total = Sum()
    thread = threading.Thread(target=total.add, args=(range(50),))
    thread.start()
    thread.join()
    total.value += 50
    print(total.value)


if __name__ == "__main__":
    main()
