"""Listeners are called under the lock, and one of them takes its time."""

import threading
import time


class Bell:
    def __init__(self):
        self.lock = threading.Lock()
        self.listeners = []

    def listen(self, listener):
        with self.lock:
            self.listeners.append(listener)

    def ring(self):
        with self.lock:
            listeners = self.listeners.copy()
        for listener in listeners:
            listener()


def answer():
    time.sleep(0.005)


def main():
    bell = Bell()
    bell.listen(answer)
    threads = [threading.Thread(target=bell.ring) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
