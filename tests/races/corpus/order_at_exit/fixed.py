"""A heart beats in the background until the program ends."""

import atexit
import threading
import time


class Heart:
    def __init__(self):
        self.beats = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.stopped.wait(0.002):
            self.beats += 1

    def last_beat(self):
        self.stopped.set()
        self.thread.join()
        self.beats += 1
        print(self.beats > 0)


def main():
    heart = Heart()
    atexit.register(heart.last_beat)
    heart.thread.start()
    time.sleep(0.05)


if __name__ == "__main__":
    main()
