"""A worker is asked to stop by an attribute."""

import threading
import time


class Worker:
    def __init__(self):
        self.stopping = False
        self.rounds = 0

    def run(self):
        while not self.stopping:  # expect: UG408
            self.rounds += 1
            time.sleep(0.001)

    def stop(self):
        self.stopping = True  # expect: UG408


def main():
    worker = Worker()
    thread = threading.Thread(target=worker.run)
    thread.start()
    worker.stop()
    thread.join()
    print(worker.stopping)


if __name__ == "__main__":
    main()
