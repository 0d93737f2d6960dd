"""A door is held shut until a signal comes."""

import threading


class Door:
    def __init__(self):
        self.lock = threading.Lock()
        self.signal = threading.Event()
        self.passed = 0

    def enter(self):
        with self.lock:
            self.signal.wait()  # expect: UG410
            self.passed += 1


def main():
    door = Door()
    thread = threading.Thread(target=door.enter)
    thread.start()
    door.signal.set()
    thread.join()
    print(door.passed)


if __name__ == "__main__":
    main()
