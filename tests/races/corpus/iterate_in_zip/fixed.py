"""Names and ages side by side."""

import threading


class Table:
    def __init__(self):
        self.names = ["ann", "ben"]
        self.ages = [31, 42]
        self.lock = threading.Lock()

    def rows(self):
        with self.lock:
            return [f"{n} {a}" for n, a in zip(self.names, self.ages, strict=False)]

    def add(self, name, age):
        with self.lock:
            self.names.append(name)
            self.ages.append(age)


def main():
    table = Table()
    reading = threading.Thread(target=table.rows)
    adding = threading.Thread(target=table.add, args=("cleo", 53))
    reading.start()
    adding.start()
    reading.join()
    adding.join()
    print(len(table.rows()))


if __name__ == "__main__":
    main()
