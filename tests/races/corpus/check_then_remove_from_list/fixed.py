"""A guest leaves, by two doors at once."""

import threading


class Party:
    def __init__(self, guests):
        self.guests = list(guests)
        self.lock = threading.Lock()

    def leave(self, guest):
        with self.lock:
            if guest in self.guests:
                self.guests.remove(guest)


def main():
    party = Party(["ann", "ben", "ann"])
    threads = [threading.Thread(target=party.leave, args=("ann",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(party.guests)


if __name__ == "__main__":
    main()
