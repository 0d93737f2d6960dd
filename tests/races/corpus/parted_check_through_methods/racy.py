"""Each method takes the lock, so both together look as if they were safe."""

import threading


class Stock:
    def __init__(self, pieces):
        self._pieces = pieces
        self._lock = threading.Lock()

    def pieces(self):
        with self._lock:
            return self._pieces

    def take(self, count):
        with self._lock:
            self._pieces -= count


def order(stock):
    if stock.pieces() >= 2:  # expect: UG402
        stock.take(2)


def main():
    stock = Stock(10)
    threads = [threading.Thread(target=lambda: order(stock)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(stock.pieces())


if __name__ == "__main__":
    main()
