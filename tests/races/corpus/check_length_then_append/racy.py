"""A boat with three seats."""

import threading


class Boat:
    def __init__(self):
        self.seats = []

    def board(self, name):
        if len(self.seats) >= 3:  # expect: UG402
            return False
        self.seats.append(name)  # expect: UG402
        return True


def board(boat, names):
    for name in names:
        boat.board(name)


def main():
    boat = Boat()
    first = threading.Thread(target=board, args=(boat, ["ann", "ben"]))
    second = threading.Thread(target=board, args=(boat, ["cleo", "dan"]))
    first.start()
    second.start()
    first.join()
    second.join()
    print(boat.seats)


if __name__ == "__main__":
    main()
