"""A price is looked up once and remembered."""

import threading

prices = {}


def price(item):
    known = prices.get(item)  # expect: UG402
    if known is None:
        known = len(item) * 10
        prices[item] = known  # expect: UG402
    return known


def main():
    threads = [threading.Thread(target=price, args=("apple",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(price("apple"))


if __name__ == "__main__":
    main()
