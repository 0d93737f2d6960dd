"""An object is updated through its dictionary."""

import threading


class Totals:
    def __init__(self):
        self.paid = 0
        self.refunded = 0


def book(totals, entries, lock):
    for name, amount in entries:
        with lock:
            vars(totals)[name] = vars(totals)[name] + amount


def main():
    totals = Totals()
    lock = threading.Lock()
    entries = [("paid", 10), ("refunded", 2), ("paid", 5)]
    threads = [threading.Thread(target=book, args=(totals, entries, lock)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(totals.paid, totals.refunded)


if __name__ == "__main__":
    main()
