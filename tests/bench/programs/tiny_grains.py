"""Very many tasks, each of which does next to nothing."""

NUMBERS = range(30_000)


def double(number):
    return number * 2
