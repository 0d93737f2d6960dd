"""Each of two threads sums what it gets of one map object."""

import threading


def total(values, totals):
    totals.append(sum(values))  # expect: UG406


def main():
    values = map(abs, [-1, -2, -3, -4])
    totals = []
    threads = [threading.Thread(target=total, args=(values, totals)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(totals))


if __name__ == "__main__":
    main()
