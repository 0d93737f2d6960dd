"""A lock that every call makes for itself."""

import threading


class Stock:
    def __init__(self):
        self.items = 0

    def receive(self, amount):
        with threading.Lock():
            self.items += amount  # expect: UG401


def main():
    stock = Stock()
    threads = [threading.Thread(target=stock.receive, args=(n,)) for n in (5, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(stock.items)


if __name__ == "__main__":
    main()
