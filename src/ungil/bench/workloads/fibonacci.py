"""One Fibonacci number again and again, by naive recursion: calls of functions, nothing shared."""

from __future__ import annotations

PARAMETERS = {"number": 25, "times": 64}
QUICK = {"number": 22}


def items(number: int, times: int) -> list[int]:
    """The same number, so that all pieces take as long."""
    return [number] * times


def task(number: int) -> int:
    """The Fibonacci number."""
    return number if number < 2 else task(number - 1) + task(number - 2)


def check(results: list[int], number: int, times: int) -> bool:
    """Is it what adding up says?"""
    one, other = 0, 1
    for _ in range(number):
        one, other = other, one + other
    return results == [one] * times
