"""Looking and taking are each done under the lock, which is given back in between."""

import threading


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = threading.Lock()

    def withdraw(self, amount):
        with self.lock:
            enough = self.balance >= amount  # expect: UG402
        if not enough:
            return 0
        with self.lock:
            self.balance -= amount  # expect: UG402
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
