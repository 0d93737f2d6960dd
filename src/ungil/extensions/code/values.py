"""What may be known of a value while code is followed without running it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ungil.extensions.images.image import Import

__all__ = [
    "MASK",
    "Comparison",
    "Cookie",
    "Half",
    "Result",
    "Somewhere",
    "Stack",
    "Thread",
    "Value",
    "evaluate",
    "mix",
    "plus",
]

MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Stack:
    """An address on the stack, relative to the stack pointer at entry."""

    offset: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returned; the same call site always gives the same one.

    Attributes:
        site: Address of the call.
        callee: The import's name, empty for a function of the image itself.
        argument: The first argument, where it matters (a module definition).
    """

    site: int
    callee: str
    argument: int | None = None


@dataclass(frozen=True, slots=True)
class Cookie:
    """A number mixed with a stack address by exclusive or, to guard a frame."""

    number: int
    stack: Stack


@dataclass(frozen=True, slots=True)
class Thread:
    """Something of the running thread's own, or a pointer to it (Windows)."""


@dataclass(frozen=True, slots=True)
class Half:
    """Eight bytes of which only the lower four are known.

    So a slot is copied whose id is an `int` with padding behind it.
    """

    number: int


@dataclass(frozen=True, slots=True)
class Somewhere:
    """An address at or behind a known one, e.g. an array's element of unknown index."""

    base: int | Stack


Value = int | Import | Stack | Result | Cookie | Thread | Half | Somewhere | None

_LEAST_ADDRESS = 4096  # no image has data before it, so a lesser number is none


def mix(left: Value, right: Value) -> Value:
    """The exclusive or, where it is known."""
    if isinstance(left, Stack | Cookie) and not isinstance(right, Stack):
        left, right = right, left
    if isinstance(left, int) and isinstance(right, int):
        return left ^ right
    if isinstance(left, int) and isinstance(right, Stack):
        return Cookie(left, right)
    if isinstance(left, Cookie) and left.stack == right:
        return left.number
    return None


def plus(value: Value, number: Value) -> Value:
    """The sum, where it is known."""
    if isinstance(value, int) and isinstance(number, int):
        return (value + number) & MASK
    if isinstance(value, int) and number is not None:
        value, number = number, value
    if isinstance(value, Stack) and isinstance(number, int):
        return Stack(value.offset + _signed(number, 8))
    if isinstance(value, Thread | Somewhere):
        return value
    base = value if value is not None else number
    if isinstance(base, Stack) or (isinstance(base, int) and base >= _LEAST_ADDRESS):
        return Somewhere(base)
    return None


def _signed(number: int, size: int) -> int:
    half = 1 << (8 * size - 1)
    return ((number + half) & (2 * half - 1)) - half


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the flags hold: `left - right`, both of `size` bytes."""

    left: Value
    right: Value
    size: int


_TESTS: dict[str, Callable[[int, int], bool]] = {
    "mi": lambda a, b: a < b,
    "pl": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


def evaluate(condition: str, flags: Comparison | None, nonnull: frozenset[Result]) -> bool | None:
    """Does the condition hold? None if that is not known.

    Args:
        condition: `eq`, `ne`, `lt`, `le`, `gt`, `ge`, the last four also with
            `u` in front for unsigned, and `mi`, `pl` for a difference that is
            negative or not (overflow aside); anything else is not known.
        flags: What was compared.
        nonnull: Results that are known not to be zero.
    """
    if flags is None:
        return None
    left, right = flags.left, flags.right
    if isinstance(left, int) and isinstance(right, int):
        return _compare(condition, left, right, flags.size)
    if isinstance(left, int) and isinstance(right, Thread) and condition in {"gt", "le"}:
        # Microsoft's guard of a static variable (thread_safe_statics.cpp): zero
        # before the first time, and the thread's epoch starts at the least number.
        return condition == "gt"
    if condition not in {"eq", "ne"}:
        return None
    if left is not None and left == right:
        return condition == "eq"
    never_null = isinstance(left, Import | Stack) or left in nonnull
    return condition == "ne" if right == 0 and flags.size == 8 and never_null else None


def _compare(condition: str, left: int, right: int, size: int) -> bool | None:
    mask = (1 << (8 * size)) - 1
    left, right = left & mask, right & mask
    if condition in {"eq", "ne"}:
        return (left == right) == (condition == "eq")
    if condition.startswith("u") and condition[1:] in _TESTS:
        return _TESTS[condition[1:]](left, right)
    if condition in _TESTS:
        return _TESTS[condition](_signed(left, size), _signed(right, size))
    return None
