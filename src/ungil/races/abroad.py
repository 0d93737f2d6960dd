"""Instrumented code that leaves its process: pickled by value, e.g. by cloudpickle.

Where it arrives, the process may be another, and not be watched; there its calls give back
what they are given.
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Sequence

__all__ = ["FORMS", "arrived", "keep", "reduced"]

FORMS = (
    "attribute",
    "named",
    "item",
    "member",
    "holding",
    "keyed",
    "key",
    "among",
    "whole",
    "method",
    "iterate",
    "next",
    "variable",
    "storing",
    "here",
    "imported",
    "dying",
)
"""What instrumented code calls, as builtins."""

PREFIX = "__ungil_"

_made: dict[int, object] = {}
_token = os.urandom(8)


def keep(first: int, touches: Sequence[object]) -> None:
    """Remember the constants that were made, from a number on."""
    _made.update(enumerate(touches, first))


def reduced(number: int) -> tuple[object, ...]:
    """How a constant is pickled."""
    return arrived, (_token, number)


def arrived(token: bytes, number: int) -> object:
    """The constant, where it was made; None elsewhere."""
    if token == _token:
        return _made[number]
    for form in FORMS:
        name = f"{PREFIX}{form}__"
        if not hasattr(builtins, name):
            gives_nothing = form in {"variable", "imported"}
            setattr(builtins, name, _nothing if gives_nothing else _first)
    return None


def _first(given: object, *_: object) -> object:
    return given


def _nothing(*_: object) -> None:
    return None
