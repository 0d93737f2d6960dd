"""Payments from two tills are added up."""

import threading


class Till:
    def __init__(self):
        self.total = 0

    def pay(self, amount):
        before = self.total  # allow: UG408
        after = before + amount
        self.total = after  # expect: UG401


def serve(till, amounts):
    for amount in amounts:
        till.pay(amount)


def main():
    till = Till()
    first = threading.Thread(target=serve, args=(till, [1, 2, 3]))
    second = threading.Thread(target=serve, args=(till, [10, 20, 30]))
    first.start()
    second.start()
    first.join()
    second.join()
    print(till.total)


if __name__ == "__main__":
    main()
