"""A function that loads its table on the first call."""

import threading


def make_lookup():
    table = None

    def lookup(word):
        nonlocal table
        if table is None:  # expect: UG403
            table = {"one": 1, "two": 2}  # expect: UG403
        return table.get(word)  # allow: UG408

    return lookup


def main():
    lookup = make_lookup()
    threads = [threading.Thread(target=lookup, args=(word,)) for word in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(lookup("one"))


if __name__ == "__main__":
    main()
