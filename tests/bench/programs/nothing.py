"""Tasks that have nothing in common: arithmetic."""

LIMITS = range(32)


def collatz(start):
    steps = 0
    for first in range(start * 100 + 1, start * 100 + 400):
        number = first
        while number != 1:
            number = number // 2 if number % 2 == 0 else 3 * number + 1
            steps += 1
    return steps
