"""A queue that knows how many items ever went through it."""

import queue
import threading


class CountingQueue(queue.Queue):
    passed = 0

    def _put(self, item):
        super()._put(item)
        self.passed += 1


def send(jobs, name):
    jobs.put(name)


def main():
    jobs = CountingQueue()
    threads = [threading.Thread(target=send, args=(jobs, name)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(jobs.passed, jobs.qsize())


if __name__ == "__main__":
    main()
