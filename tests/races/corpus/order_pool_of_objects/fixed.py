"""Threads that take a connection out of a list, use it, and put it back: no two have the same."""

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
        connection.uses += 1
        pool.idle.append(connection)


def main():
    pool = Pool(3)
    threads = [threading.Thread(target=work, args=(pool,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(pool.idle))


main()
