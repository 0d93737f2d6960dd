"""A public method takes the lock, and a helper that is called from elsewhere does not."""

import threading


class Inventory:
    def __init__(self):
        self.moves = 0
        self._lock = threading.RLock()

    def move(self):
        with self._lock:
            self.note()

    def note(self):
        with self._lock:
            self.moves += 1


def main():
    inventory = Inventory()
    threads = [
        threading.Thread(target=inventory.move),
        threading.Thread(target=inventory.note),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(inventory.moves)


if __name__ == "__main__":
    main()
