"""The pool of multiprocessing that has threads."""

import threading
from multiprocessing.pool import ThreadPool


class Basket:
    def __init__(self):
        self.price = 0
        self.start = threading.Barrier(2)

    def add(self, price):
        self.start.wait()
        self.price += price  # expect: UG401


def main():
    basket = Basket()
    with ThreadPool(2) as pool:
        pool.map(basket.add, [5, 6], chunksize=1)
    print(basket.price)


if __name__ == "__main__":
    main()
