"""The first of a row that grows."""

import threading


def first_and_others(row):
    first, *others = row.copy()
    return first, len(others)


def grow(row):
    row.append("d")
    row.append("e")


def main():
    row = ["a", "b", "c"]
    unpacking = threading.Thread(target=first_and_others, args=(row,))
    growing = threading.Thread(target=grow, args=(row,))
    unpacking.start()
    growing.start()
    unpacking.join()
    growing.join()
    print(first_and_others(row))


if __name__ == "__main__":
    main()
