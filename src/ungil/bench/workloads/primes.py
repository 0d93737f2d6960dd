"""How many primes are below a limit, by trial division: integer arithmetic, nothing shared."""

from __future__ import annotations

from itertools import pairwise

PARAMETERS = {"limit": 300_000, "pieces": 64}
QUICK = {"limit": 60_000}


def items(limit: int, pieces: int) -> list[tuple[int, int]]:
    """Ranges of about equal width."""
    bounds = [limit * at // pieces for at in range(pieces + 1)]
    return list(pairwise(bounds))


def task(bounds: tuple[int, int]) -> int:
    """How many primes are in a range."""
    count = 0
    for number in range(max(2, bounds[0]), bounds[1]):
        divisor = 2
        while divisor * divisor <= number and number % divisor:
            divisor += 1
        count += divisor * divisor > number
    return count


def check(results: list[int], limit: int, pieces: int) -> bool:
    """Is it what a sieve says?"""
    sieve = bytearray([1]) * limit
    for number in range(2, int(limit**0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, limit, number)))
    return len(results) == pieces and sum(results) == sum(sieve[2:])
