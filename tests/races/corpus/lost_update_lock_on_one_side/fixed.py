"""Deposits take the lock; interest was forgotten."""

import threading


class Account:
    def __init__(self):
        self.balance = 1000
        self._lock = threading.Lock()

    def deposit(self, amount):
        with self._lock:
            self.balance += amount

    def pay_interest(self):
        with self._lock:
            self.balance = self.balance * 105 // 100


def main():
    account = Account()
    customer = threading.Thread(target=account.deposit, args=(100,))
    bank = threading.Thread(target=account.pay_interest)
    customer.start()
    bank.start()
    customer.join()
    bank.join()
    print(account.balance > 1000)


if __name__ == "__main__":
    main()
