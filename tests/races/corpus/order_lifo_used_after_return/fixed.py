"""A connection is used once more after it went back to the pool."""

import queue
import threading


class Connection:
    def __init__(self):
        self.queries = 0

    def query(self):
        self.queries += 1


def handle(pool):
    connection = pool.get()
    connection.query()
    connection.query()
    pool.put(connection)


def main():
    pool = queue.LifoQueue()
    connection = Connection()
    pool.put(connection)
    threads = [threading.Thread(target=handle, args=(pool,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(connection.queries)


if __name__ == "__main__":
    main()
