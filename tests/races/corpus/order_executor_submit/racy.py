"""Two tasks of a pool count what they have done."""

import threading
from concurrent.futures import ThreadPoolExecutor


class Progress:
    def __init__(self):
        self.done = 0
        self.start = threading.Barrier(2)

    def task(self, size):
        self.start.wait()
        self.done += size  # expect: UG401


def main():
    progress = Progress()
    with ThreadPoolExecutor(max_workers=2) as pool:
        futures = [pool.submit(progress.task, size) for size in (3, 4)]
        for future in futures:
            future.result()
    print(progress.done)


if __name__ == "__main__":
    main()
