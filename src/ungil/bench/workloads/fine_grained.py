"""Very many tiny tasks, each sent by itself: what sending costs."""

from __future__ import annotations

PARAMETERS = {"tasks": 4_000}
QUICK = {"tasks": 1_000}
PIECE = 1
"""Items that are sent at once; elsewhere that is four pieces a worker."""

_POWER = 200


def items(tasks: int) -> list[int]:
    """Numbers."""
    return list(range(1, tasks + 1))


def task(number: int) -> int:
    """The sum of the digits of a power."""
    return sum(map(int, str(number**_POWER)))


def check(results: list[int], tasks: int) -> bool:
    """Does casting out nines agree?"""
    return len(results) == tasks and all(
        result % 9 == pow(number, _POWER, 9) for number, result in enumerate(results, 1)
    )
