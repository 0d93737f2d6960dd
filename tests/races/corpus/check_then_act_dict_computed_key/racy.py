"""Seats are sold by row and number."""

import threading


class Theatre:
    def __init__(self):
        self.sold = {}

    def sell(self, row, number, name):
        if self.sold.get((row, number)):  # expect: UG402
            return False
        self.sold[row, number] = name  # expect: UG402
        return True


def main():
    theatre = Theatre()
    threads = [threading.Thread(target=theatre.sell, args=(3, 7, name)) for name in ("ann", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(theatre.sold))


if __name__ == "__main__":
    main()
