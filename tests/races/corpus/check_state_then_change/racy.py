"""A door may be opened when it is shut."""

import threading


class Door:
    def __init__(self):
        self.state = "shut"

    def open(self):
        if self.state == "shut":  # expect: UG402
            self.state = "open"  # expect: UG402
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
