"""A connection is looked for, and then taken, each under the lock."""

import threading


class Pool:
    def __init__(self):
        self.free = ["one", "two"]
        self.lock = threading.Lock()

    def is_empty(self):
        with self.lock:
            return not self.free

    def take(self):
        with self.lock:
            return self.free.pop()

    def give_back(self, connection):
        with self.lock:
            self.free.append(connection)


def use(pool):
    if not pool.is_empty():  # expect: UG402
        connection = pool.take()
        pool.give_back(connection)


def main():
    pool = Pool()
    threads = [threading.Thread(target=lambda: use(pool)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(pool.free))


if __name__ == "__main__":
    main()
