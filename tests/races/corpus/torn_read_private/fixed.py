"""A range is moved while somebody reads both of its ends."""

import threading


class Range:
    def __init__(self, low, high):
        self.__ends = (low, high)

    def move(self, low, high):
        self.__ends = (low, high)  # allow: UG408

    def width(self):
        low, high = self.__ends  # allow: UG408
        return high - low


def main():
    scale = Range(0, 10)
    moving = threading.Thread(target=scale.move, args=(20, 30))
    asking = threading.Thread(target=scale.width)
    moving.start()
    asking.start()
    moving.join()
    asking.join()
    print(scale.width())


if __name__ == "__main__":
    main()
