"""Additions to one counter under one lock: nothing to win; each process counts for itself."""

from __future__ import annotations

from threading import Lock

PARAMETERS = {"additions": 40_000, "pieces": 64}
QUICK = {"additions": 8_000}


class _Counter:
    """Two numbers that are only ever seen alike while the lock is held."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.first = 0
        self.second = 0


_counter = _Counter()


def items(additions: int, pieces: int) -> list[int]:
    """How often each piece adds; the counter begins anew."""
    _counter.first = _counter.second = 0
    return [additions] * pieces


def task(additions: int) -> int:
    """Add to the counter; how often it was seen as the lock promises."""
    counter, seen = _counter, 0
    for _ in range(additions):
        with counter.lock:
            seen += counter.first == counter.second
            counter.first += 1
            counter.second += 1
    return seen


def check(results: list[int], additions: int, pieces: int) -> bool:
    """Did nobody ever see it half changed, and was nothing added twice or never?

    In this process, that is: where other ones have counted, it is as it was.
    """
    whole = _counter.first % (additions * pieces) == 0
    return whole and _counter.first == _counter.second and results == [additions] * pieces
