"""Which of the objects that threads have in common is it?

All of them are made private but for some, which are shared again. What is slow then is one of
these. So halves of them are shared again, and halves of the halves that are slow.

Rejected: making one of them private and leaving the others shared. Where another holds all
threads up as well, that gains nothing; and the functions of a class whose objects stay shared
would not see the private copy at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["guilty"]

Key = TypeVar("Key")


def guilty(
    candidates: Sequence[Key], harm: Callable[[tuple[Key, ...]], bool]
) -> list[tuple[Key, ...]]:
    """The smallest parts of some candidates that do harm.

    Args:
        candidates: Among which they are, if there are any.
        harm: Do these, while all others do not count?

    Returns:
        Usually each with one; with several where they do harm only together.
    """
    whole = tuple(candidates)
    return _parts(whole, harm) if whole and harm(whole) else []


def _parts(
    whole: tuple[Key, ...], harm: Callable[[tuple[Key, ...]], bool]
) -> list[tuple[Key, ...]]:
    """Likewise, of candidates that do harm all together."""
    if len(whole) == 1:
        return [whole]
    middle = len(whole) // 2
    halves = (whole[:middle], whole[middle:])
    return [part for half in halves if harm(half) for part in _parts(half, harm)] or [whole]
