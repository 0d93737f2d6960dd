"""A job is waited for under the lock that everybody needs."""

import queue
import threading


class Office:
    def __init__(self):
        self.lock = threading.Lock()
        self.jobs = queue.Queue()
        self.done = []

    def work(self):
        with self.lock:
            job = self.jobs.get()  # expect: UG410
            self.done.append(job)


def main():
    office = Office()
    thread = threading.Thread(target=office.work)
    thread.start()
    office.jobs.put("letter")
    thread.join()
    print(office.done)


if __name__ == "__main__":
    main()
