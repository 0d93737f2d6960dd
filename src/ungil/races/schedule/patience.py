"""How long is waited for what shows no progress: longer while others have the processor."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Patience"]

_LOOK = 0.4
"""Seconds between looks at what was computed."""

_RESTS = 0.02
"""The part of a processor below which nothing is computed, but waited."""

_ALL = 0.9
"""The part of a processor above which nobody has taken anything from it."""

_LONGEST = 5
"""So many times as long it is waited at most for what computes."""


class Patience:
    """With somebody who computes, or waits."""

    def __init__(self, computed: Callable[[], float]) -> None:
        """Begin.

        Args:
            computed: How many seconds of a processor they have used; always 0 where that is
                not told, and then nothing is borne for longer.
        """
        self._computed = computed
        self.begin()

    def begin(self) -> None:
        """There was progress."""
        self._began = self._looked = time.monotonic()
        self._first = self._before = self._computed()

    def is_over(self, seconds: float) -> bool:
        """Has it been so long, and is there no reason to wait any longer?"""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return False
        computed = self._computed()
        rests = computed - self._before < _RESTS * (now - self._looked)
        self._looked, self._before = now, computed
        waited = now - self._began
        had_all = computed - self._first > _ALL * seconds
        return waited > seconds and (rests or had_all or waited > _LONGEST * seconds)
