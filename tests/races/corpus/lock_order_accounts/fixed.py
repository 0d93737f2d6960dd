"""Money goes from one account to another, and back."""

import threading


class Account:
    def __init__(self, number, balance):
        self.number = number
        self.balance = balance
        self.lock = threading.Lock()


def transfer(source, target, amount):
    first, second = sorted((source, target), key=lambda account: account.number)
    with first.lock:
        with second.lock:
            source.balance -= amount
            target.balance += amount


def main():
    ann, ben = Account(1, 100), Account(2, 100)
    paying = threading.Thread(target=transfer, args=(ann, ben, 30))
    repaying = threading.Timer(0.03, transfer, args=(ben, ann, 10))
    paying.start()
    repaying.start()
    paying.join()
    repaying.join()
    print(ann.balance, ben.balance)


if __name__ == "__main__":
    main()
