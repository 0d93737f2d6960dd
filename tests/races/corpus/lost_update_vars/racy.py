"""An object is updated through its dictionary."""

import threading


class Totals:
    def __init__(self):
        self.paid = 0
        self.refunded = 0


def book(totals, entries):
    for name, amount in entries:
        vars(totals)[name] = vars(totals)[name] + amount  # expect: UG401; allow: UG408


def main():
    totals = Totals()
    entries = [("paid", 10), ("refunded", 2), ("paid", 5)]
    threads = [threading.Thread(target=book, args=(totals, entries)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(totals.paid, totals.refunded)


if __name__ == "__main__":
    main()
