"""A notification that comes before anybody waits for it.

Whether to wait is found out before the lock is taken. After `sync02_bad` of SCTBench, and the
lost notifications of E. Farchi, Y. Nir, S. Ur, "Concurrent Bug Patterns and How to Test Them",
IPDPS 2003.
"""

import threading

from classics.in_threads import at_once


class Job:
    def __init__(self):
        self.done = False
        self.changed = threading.Condition()

    def finish(self):
        with self.changed:
            self.done = True
            self.changed.notify_all()

    def wait(self):
        if not self.done:
            with self.changed:
                self.changed.wait()


class CarefulJob(Job):
    def wait(self):
        with self.changed:
            while not self.done:
                self.changed.wait()


def racy():
    job = Job()
    at_once(job.wait, job.finish)


def fixed():
    job = CarefulJob()
    at_once(job.wait, job.finish)
