"""At most two at a time is not one at a time."""

import threading


class Pool:
    def __init__(self):
        self.slots = threading.Semaphore(1)
        self.both = threading.Barrier(2)
        self.used = 0

    def use(self):
        self.both.wait()
        with self.slots:
            self.used += 1


def main():
    pool = Pool()
    threads = [threading.Thread(target=pool.use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(pool.used)


if __name__ == "__main__":
    main()
