"""Instrumented code that leaves its process: pickled by value, e.g. by cloudpickle.

Where it arrives, the process may be another, and not be watched; there its calls give back
what they are given.
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Sequence

from ungil.races.calls import FORMS, PREFIX, harmless, offer

__all__ = ["arrived", "keep", "reduced"]

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
    missing = [form for form in FORMS if not hasattr(builtins, f"{PREFIX}{form}__")]
    offer(harmless(missing), harmless(missing))
    return None
