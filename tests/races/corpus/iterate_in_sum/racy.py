"""The sum of an inventory that is being updated."""

import threading


class Inventory:
    def __init__(self):
        self.pieces = {"nut": 5, "bolt": 7}

    def total(self):
        return sum(self.pieces.values())  # expect: UG405

    def deliver(self, pieces):
        self.pieces.update(pieces)  # expect: UG405


def main():
    inventory = Inventory()
    summing = threading.Thread(target=inventory.total)
    delivering = threading.Thread(target=inventory.deliver, args=({"screw": 100},))
    summing.start()
    delivering.start()
    summing.join()
    delivering.join()
    print(inventory.total())


if __name__ == "__main__":
    main()
