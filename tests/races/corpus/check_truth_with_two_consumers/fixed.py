"""Work is put into a deque by one thread and done by another."""

import threading
from collections import deque


class Desk:
    def __init__(self):
        self.waiting = deque(["open", "sort"])
        self.done = []

    def put(self):
        for number in range(20):
            self.waiting.append(str(number))

    def work(self):
        while self.waiting:
            self.done.append(self.waiting.popleft())


def main():
    desk = Desk()
    threads = [threading.Thread(target=desk.put), threading.Thread(target=desk.work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(desk.done) > 0)


if __name__ == "__main__":
    main()
