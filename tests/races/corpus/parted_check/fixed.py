"""The lock is held from the looking to the taking."""

import threading


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = threading.Lock()

    def withdraw(self, amount):
        with self.lock:
            if self.balance < amount:
                return 0
            self.balance -= amount
        return amount


def main():
    account = Account(100)
    threads = [threading.Thread(target=lambda: account.withdraw(30)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(account.balance)


if __name__ == "__main__":
    main()
