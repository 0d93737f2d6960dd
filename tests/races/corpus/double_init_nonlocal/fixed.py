"""A function that loads its table on the first call."""

import threading


def make_lookup():
    table = None
    lock = threading.Lock()

    def lookup(word):
        nonlocal table
        with lock:
            if table is None:
                table = {"one": 1, "two": 2}
            return table.get(word)

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
