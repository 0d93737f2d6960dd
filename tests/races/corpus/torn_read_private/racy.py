"""A range is moved while somebody reads both of its ends."""

import threading


class Range:
    def __init__(self, low, high):
        self.__low = low
        self.__high = high

    def move(self, low, high):
        self.__low = low  # expect: UG404
        self.__high = high  # expect: UG404

    def width(self):
        return self.__high - self.__low  # expect: UG404


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
