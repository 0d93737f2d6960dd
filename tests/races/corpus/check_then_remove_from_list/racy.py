"""A guest leaves, by two doors at once."""

import threading


class Party:
    def __init__(self, guests):
        self.guests = list(guests)

    def leave(self, guest):
        if guest in self.guests:  # expect: UG402
            self.guests.remove(guest)  # expect: UG402


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
