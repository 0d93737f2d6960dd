"""Nobody shall take more than there is."""

import threading


class Account:
    def __init__(self, balance):
        self.balance = balance

    def withdraw(self, amount):
        if self.balance >= amount:  # expect: UG402; allow: UG408
            self.balance -= amount  # allow: UG401, UG402
            return amount
        return 0


def main():
    account = Account(100)
    threads = [threading.Thread(target=account.withdraw, args=(30,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(account.balance)


if __name__ == "__main__":
    main()
