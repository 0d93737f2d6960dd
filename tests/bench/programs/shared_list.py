"""Each checksum looks its weights up in one list."""

WEIGHTS = [float(number) for number in range(1000, 1004)]
BLOCKS = range(32)


def checksum(block):
    total = 0.0
    for number in range(25_000):
        total += WEIGHTS[0] * number + WEIGHTS[3]
    return total
