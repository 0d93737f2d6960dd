"""A poll that sleeps with the lock in its hand."""

import threading
import time


class Poller:
    def __init__(self):
        self.lock = threading.Lock()
        self.polls = 0

    def poll(self):
        with self.lock:
            self.polls += 1
            time.sleep(0.005)  # expect: UG410


def main():
    poller = Poller()
    threads = [threading.Thread(target=poller.poll) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(poller.polls)


if __name__ == "__main__":
    main()
