"""Counters are chosen by name."""

import threading


class Stats:
    def __init__(self):
        self.good = 0
        self.bad = 0


def note(stats, outcome):
    setattr(stats, outcome, getattr(stats, outcome) + 1)  # expect: UG401; allow: UG408


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
