"""A chain in which each step needs the one before: one item, which no arm can cut."""

from __future__ import annotations

from math import lcm

PARAMETERS = {"steps": 12_000_000}
QUICK = {"steps": 1_800_000}

_P, _Q = 10_007, 10_039
_MODULUS = _P * _Q
_SEED = 1_234_577


def items(steps: int) -> list[int]:
    """A single one, however many workers there are."""
    return [steps]


def task(steps: int) -> int:
    """Square a number again and again (the generator of Blum, Blum and Shub, 1986)."""
    number = _SEED
    for _ in range(steps):
        number = number * number % _MODULUS
    return number


def check(results: list[int], steps: int) -> bool:
    """Is it where Euler's theorem leads in one leap?"""
    return results == [pow(_SEED, pow(2, steps, lcm(_P - 1, _Q - 1)), _MODULUS)]
