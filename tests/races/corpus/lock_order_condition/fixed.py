"""A condition and a lock, taken in two orders."""

import threading


class Depot:
    def __init__(self):
        self.changed = threading.Condition()
        self.books = threading.Lock()
        self.stock = 0

    def receive(self, amount):
        with self.changed:
            with self.books:
                self.stock += amount
            self.changed.notify_all()

    def audit(self):
        with self.books:
            with self.changed:
                return self.stock


def main():
    depot = Depot()
    receiving = threading.Thread(target=depot.receive, args=(5,))
    auditing = threading.Timer(0.03, depot.audit)
    receiving.start()
    receiving.join()
    auditing.start()
    auditing.join()
    print(depot.stock)


if __name__ == "__main__":
    main()
