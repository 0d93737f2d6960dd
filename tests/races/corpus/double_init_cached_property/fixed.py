"""A total that is computed once, as two threads ask for it."""

import threading
from functools import cached_property


class Invoice:
    def __init__(self, amounts):
        self.amounts = amounts

    @cached_property
    def total(self):
        return sum(self.amounts)


def show(invoice):
    return f"{invoice.total} euro"


def main():
    invoice = Invoice([10, 20, 30])
    print(show(invoice))
    threads = [threading.Thread(target=show, args=(invoice,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
