"""The last line is added before the queue has been worked off."""

import queue
import threading


class Letter:
    def __init__(self):
        self.lines = 0


def write(letter, jobs):
    while jobs.get() is not None:
        letter.lines += 1  # expect: UG401
        jobs.task_done()


def main():
    letter = Letter()
    jobs = queue.Queue()
    thread = threading.Thread(target=write, args=(letter, jobs))
    thread.start()
    for line in ("dear", "all"):
        jobs.put(line)
    letter.lines += 1  # expect: UG401
    jobs.join()
    jobs.put(None)
    thread.join()
    print(letter.lines)


if __name__ == "__main__":
    main()
