"""A cursor is made when the first query comes."""

import threading


class Database:
    def __init__(self):
        self._cursor = None

    def cursor(self):
        if (cursor := self._cursor) is None:  # expect: UG403
            cursor = self._cursor = object()  # expect: UG403
        return cursor


def main():
    database = Database()
    threads = [threading.Thread(target=database.cursor) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(database.cursor() is database.cursor())


if __name__ == "__main__":
    main()
