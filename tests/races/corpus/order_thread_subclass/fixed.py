"""Workers are a class of their own and count into the class."""

import threading


class Worker(threading.Thread):
    finished = 0

    def __init__(self, numbers):
        super().__init__()
        self.numbers = numbers
        self.result = None

    def run(self):
        self.result = sum(self.numbers)


def main():
    workers = [Worker([1, 2, 3]), Worker([4, 5, 6])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        Worker.finished += 1
    print(sum(worker.result for worker in workers), Worker.finished)


if __name__ == "__main__":
    main()
