"""A histogram of measurements, filled by two threads."""

import threading

BINS = 10


def fill(histogram, values):
    for value in values:
        histogram[int(value * BINS)] += 1  # expect: UG401


def main():
    histogram = [0] * BINS
    parts = [[0.05, 0.15, 0.55, 0.56], [0.07, 0.52, 0.95, 0.57]]
    threads = [threading.Thread(target=fill, args=(histogram, part)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(histogram)


if __name__ == "__main__":
    main()
