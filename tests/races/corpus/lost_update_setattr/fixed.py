"""Counters are chosen by name."""

import threading


class Stats:
    def __init__(self):
        self.good = 0
        self.bad = 0
        self.lock = threading.Lock()


def note(stats, outcome):
    with stats.lock:
        setattr(stats, outcome, getattr(stats, outcome) + 1)


def check(stats, outcomes):
    for outcome in outcomes:
        note(stats, outcome)


def main():
    stats = Stats()
    first = threading.Thread(target=check, args=(stats, ["good", "bad", "good"]))
    second = threading.Thread(target=check, args=(stats, ["good", "good", "bad"]))
    first.start()
    second.start()
    first.join()
    second.join()
    print(stats.good, stats.bad)


if __name__ == "__main__":
    main()
