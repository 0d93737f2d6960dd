"""Two threads find a job new, and both do it."""

import threading


class Job:
    def __init__(self):
        self._state = "new"
        self._lock = threading.Lock()

    def is_in(self, state):
        with self._lock:
            return self._state == state

    def move_to(self, state):
        with self._lock:
            self._state = state


def work(job):
    if job.is_in("new"):  # expect: UG402
        job.move_to("done")


def main():
    job = Job()
    threads = [threading.Thread(target=lambda: work(job)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(job._state)


if __name__ == "__main__":
    main()
