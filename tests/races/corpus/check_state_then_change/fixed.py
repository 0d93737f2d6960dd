"""A door may be opened when it is shut."""

import threading


class Door:
    def __init__(self):
        self.state = "shut"
        self.closed = threading.Lock()

    def open(self):
        if self.closed.acquire(blocking=False):
            self.state = "open"
            return True
        return False


def main():
    door = Door()
    threads = [threading.Thread(target=door.open) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(door.state)


if __name__ == "__main__":
    main()
