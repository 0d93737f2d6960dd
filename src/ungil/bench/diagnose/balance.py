"""How evenly pieces of work of known lengths go to workers."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

__all__ = ["idle", "longest_first", "makespan"]


def makespan(lengths: Iterable[float], workers: int) -> float:
    """When the last worker ends, if whoever is free takes the next piece.

    R. L. Graham, Bounds on Multiprocessing Timing Anomalies, 1969.

    Args:
        lengths: Of the pieces, in order.
        workers: How many there are.
    """
    free = [0.0] * workers
    for one in lengths:
        heapq.heappush(free, heapq.heappop(free) + one)
    return max(free)


def idle(lengths: Sequence[float], workers: int) -> float:
    """The share of their time for which workers have nothing left to do."""
    longest = makespan(lengths, workers)
    return 1 - sum(lengths) / (workers * longest) if longest > 0 else 0.0


def longest_first(lengths: Sequence[float]) -> tuple[int, ...]:
    """The positions of pieces, the longest first: at most a third longer than the best order."""
    return tuple(sorted(range(len(lengths)), key=lambda at: -lengths[at]))
