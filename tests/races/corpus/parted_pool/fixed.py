"""What takes a connection says if there was none."""

import threading


class Pool:
    def __init__(self):
        self.free = ["one", "two"]
        self.lock = threading.Lock()

    def take(self):
        with self.lock:
            if not self.free:
                return None
            return self.free.pop()

    def give_back(self, connection):
        with self.lock:
            self.free.append(connection)


def use(pool):
    connection = pool.take()
    if connection is not None:
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
