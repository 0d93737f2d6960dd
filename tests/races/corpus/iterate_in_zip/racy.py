"""Names and ages side by side."""

import threading


class Table:
    def __init__(self):
        self.names = ["ann", "ben"]
        self.ages = [31, 42]

    def rows(self):
        return [f"{n} {a}" for n, a in zip(self.names, self.ages, strict=False)]  # expect: UG405

    def add(self, name, age):
        self.names.append(name)  # expect: UG405
        self.ages.append(age)  # expect: UG405


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
