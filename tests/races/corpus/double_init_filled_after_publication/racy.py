"""A table is announced first and filled afterwards."""

import threading

_names = None


def names():
    global _names
    if _names is None:  # expect: UG403
        _names = {}  # expect: UG403; allow: UG402, UG408
        for number, name in enumerate(["zero", "one", "two"]):
            _names[number] = name  # allow: UG407, UG408
    return _names  # allow: UG408


def name(number):
    return names().get(number)  # allow: UG408


def main():
    threads = [threading.Thread(target=name, args=(2,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(name(2))


if __name__ == "__main__":
    main()
