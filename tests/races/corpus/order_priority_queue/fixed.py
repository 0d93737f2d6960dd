"""A job's attempts are counted by who sends it and by who does it."""

import queue
import threading


class Job:
    def __init__(self, name):
        self.name = name
        self.attempts = 0


def work(jobs):
    _, _, job = jobs.get()
    job.attempts += 1


def main():
    jobs = queue.PriorityQueue()
    job = Job("backup")
    thread = threading.Thread(target=work, args=(jobs,))
    thread.start()
    job.attempts += 1
    jobs.put((1, job.name, job))
    thread.join()
    print(job.attempts)


if __name__ == "__main__":
    main()
