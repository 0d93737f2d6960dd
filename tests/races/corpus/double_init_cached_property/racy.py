"""A total that is computed once, as two threads ask for it."""

import threading
from functools import cached_property


class Invoice:
    def __init__(self, amounts):
        self.amounts = amounts

    @cached_property  # since: 3.12
    def total(self):  # expect: UG403
        return sum(self.amounts)


def show(invoice):
    return f"{invoice.total} euro"  # expect: UG403


def main():
    invoice = Invoice([10, 20, 30])
    threads = [threading.Thread(target=show, args=(invoice,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(show(invoice))


if __name__ == "__main__":
    main()
