"""A heart beats in the background until the program ends."""

import atexit
import threading
import time


class Heart:
    def __init__(self):
        self.beats = 0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(0.002):
            self.beats += 1  # expect: UG401

    def last_beat(self):
        self.beats += 1  # expect: UG401
        print(self.beats > 0)  # allow: UG408  # allow: UG408


def main():
    heart = Heart()
    atexit.register(heart.last_beat)
    threading.Thread(target=heart.run, daemon=True).start()
    time.sleep(0.05)


if __name__ == "__main__":
    main()
