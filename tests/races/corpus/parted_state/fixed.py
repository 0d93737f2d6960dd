"""A job is claimed with the lock held, by small methods that rely on that."""

import threading


class Job:
    def __init__(self):
        self._state = "new"
        self._lock = threading.Lock()

    def _is_in(self, state):
        return self._state == state

    def _move_to(self, state):
        self._state = state

    def claim(self):
        with self._lock:
            if not self._is_in("new"):
                return False
            self._move_to("running")
            return True

    def done(self):
        with self._lock:
            self._move_to("done")


def work(job):
    if job.claim():
        job.done()


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
