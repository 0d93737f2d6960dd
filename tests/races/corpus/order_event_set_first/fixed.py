"""The event says that the stock is loaded, and then more is loaded."""

import threading


class Stock:
    def __init__(self):
        self.loaded = threading.Event()
        self.pieces = 0

    def load(self):
        self.pieces = 10
        self.pieces += 5
        self.loaded.set()

    def sell(self):
        self.loaded.wait()
        self.pieces -= 1


def main():
    stock = Stock()
    selling = threading.Thread(target=stock.sell)
    loading = threading.Thread(target=stock.load)
    selling.start()
    loading.start()
    selling.join()
    loading.join()
    print(stock.pieces)


if __name__ == "__main__":
    main()
