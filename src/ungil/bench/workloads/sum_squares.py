"""The sum of the first squares, in a loop: integer arithmetic that makes an object at each step."""

from __future__ import annotations

from itertools import pairwise

PARAMETERS = {"limit": 10_000_000, "pieces": 64}
QUICK = {"limit": 2_000_000}


def items(limit: int, pieces: int) -> list[tuple[int, int]]:
    """Ranges of about equal width."""
    return list(pairwise(limit * at // pieces for at in range(pieces + 1)))


def task(bounds: tuple[int, int]) -> int:
    """The sum of the squares in a range."""
    total = 0
    for number in range(*bounds):
        total += number * number
    return total


def check(results: list[int], limit: int, pieces: int) -> bool:
    """Is it what the closed form says?"""
    return len(results) == pieces and sum(results) == (limit - 1) * limit * (2 * limit - 1) // 6
