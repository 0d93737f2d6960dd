"""The last of the jobs is the longest by far."""

SIZES = [60_000] * 24 + [1_200_000]


def job(size):
    total = 0
    for number in range(size):
        total += number & 3
    return total
