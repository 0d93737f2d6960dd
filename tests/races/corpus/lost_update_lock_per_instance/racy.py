"""All instances share a number, and each has a lock of its own."""

import threading


class Ticket:
    sold = 0

    def __init__(self):
        self.lock = threading.Lock()

    def sell(self):
        with self.lock:
            Ticket.sold += 1  # expect: UG401


def main():
    tickets = [Ticket(), Ticket()]
    threads = [threading.Thread(target=ticket.sell) for ticket in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(Ticket.sold)


if __name__ == "__main__":
    main()
