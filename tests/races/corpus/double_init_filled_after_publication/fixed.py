"""A table is announced first and filled afterwards."""

import threading

_names = None
_lock = threading.Lock()


def names():
    global _names
    with _lock:
        if _names is None:
            _names = dict(enumerate(["zero", "one", "two"]))
        return _names


def name(number):
    return names().get(number)


def main():
    threads = [threading.Thread(target=name, args=(2,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(name(2))


if __name__ == "__main__":
    main()
