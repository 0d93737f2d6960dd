"""Each of two callers counts once, by functions that are given the new value."""

import operator
import threading


class Stats:
    def __init__(self):
        self.calls = 0


def note(stats, seen, lock):
    with lock:
        setattr(stats, "calls", stats.calls + 1)
        operator.setitem(seen, "calls", seen["calls"] + 1)
        seen.__setitem__("last", seen["last"] + 1)


def main():
    lock = threading.Lock()
    stats, seen = Stats(), {"calls": 0, "last": 0}
    threads = [threading.Thread(target=note, args=(stats, seen, lock)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(stats.calls, seen)


if __name__ == "__main__":
    main()
