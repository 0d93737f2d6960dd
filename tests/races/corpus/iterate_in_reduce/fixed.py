"""The product of factors that are being collected."""

import functools
import operator
import threading

factors = [2, 3, 5]
lock = threading.Lock()


def product():
    with lock:
        return functools.reduce(operator.mul, factors, 1)


def collect(more):
    with lock:
        factors.extend(more)


def main():
    multiplying = threading.Thread(target=product)
    collecting = threading.Thread(target=collect, args=([7, 11],))
    multiplying.start()
    collecting.start()
    multiplying.join()
    collecting.join()
    print(product())


if __name__ == "__main__":
    main()
