"""A variable of a function is added to a set in place, which another thread goes through."""

import threading

SEEN = {"a"}
LOCK = threading.Lock()


def add(name):
    seen = SEEN
    with LOCK:
        seen |= {name}


def names():
    with LOCK:
        return [name.upper() for name in SEEN]


def main():
    threads = [threading.Thread(target=add, args=["b"]), threading.Thread(target=names)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(SEEN))


if __name__ == "__main__":
    main()
