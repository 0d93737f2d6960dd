"""A histogram of measurements, filled by two threads."""

import threading

BINS = 10


def fill(histogram, values):
    for value in values:
        histogram[int(value * BINS)] += 1


def main():
    parts = [[0.05, 0.15, 0.55, 0.56], [0.07, 0.52, 0.95, 0.57]]
    histograms = [[0] * BINS for _ in parts]
    threads = [
        threading.Thread(target=fill, args=pair) for pair in zip(histograms, parts, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print([sum(counts) for counts in zip(*histograms, strict=True)])


if __name__ == "__main__":
    main()
