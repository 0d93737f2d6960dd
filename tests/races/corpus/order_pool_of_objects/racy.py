"""A connection that is used once more when others may have it already."""

import threading


class Connection:
    def __init__(self):
        self.uses = 0


class Pool:
    def __init__(self, size):
        self.idle = [Connection() for _ in range(size)]


def work(pool):
    for _ in range(20):
        connection = pool.idle.pop()
        pool.idle.append(connection)
        connection.uses += 1  # expect: UG401


def main():
    pool = Pool(3)
    threads = [threading.Thread(target=work, args=(pool,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(pool.idle))


main()
