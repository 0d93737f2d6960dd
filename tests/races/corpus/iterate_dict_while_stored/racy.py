"""Prices are shown while a new one comes in."""

import threading


def show(prices):
    lines = []
    for name, price in prices.items():  # expect: UG405
        lines.append(f"{name}: {price}")
    return "; ".join(lines)


def add(prices, name, price):
    prices[name] = price  # expect: UG405


def main():
    prices = {"tea": 3, "milk": 1}
    showing = threading.Thread(target=show, args=(prices,))
    adding = threading.Thread(target=add, args=(prices, "salt", 2))
    showing.start()
    adding.start()
    showing.join()
    adding.join()
    print(show(prices))


if __name__ == "__main__":
    main()
