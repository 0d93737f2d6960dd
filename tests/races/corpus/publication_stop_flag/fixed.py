"""A worker is asked to stop by an attribute."""

import threading


class Worker:
    def __init__(self):
        self.stopping = threading.Event()
        self.rounds = 0

    def run(self):
        while not self.stopping.wait(0.001):
            self.rounds += 1

    def stop(self):
        self.stopping.set()


def main():
    worker = Worker()
    thread = threading.Thread(target=worker.run)
    thread.start()
    worker.stop()
    thread.join()
    print(worker.stopping.is_set())


if __name__ == "__main__":
    main()
