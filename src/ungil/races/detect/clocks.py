"""Vector clocks and epochs.

C. Flanagan and S. N. Freund, "FastTrack: Efficient and Precise Dynamic Race Detection",
PLDI 2009, sections 2 and 3.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Clock", "Epoch"]


class Epoch(NamedTuple):
    """One moment of one thread, `time@thread`."""

    thread: int
    time: int


class Clock:
    """How far each thread had come, as far as the clock's owner knows.

    Threads that were never heard of are at 0 and take no room.
    """

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    @classmethod
    def of(cls, thread: int) -> Clock:
        """A new thread's own, at its first moment."""
        clock = cls()
        clock.tick(thread)
        return clock

    def epoch(self, thread: int) -> Epoch:
        """The latest moment of a thread that is known of."""
        return Epoch(thread, self._counts.get(thread, 0))

    def tick(self, thread: int) -> None:
        """Begin the next moment of a thread."""
        self._counts[thread] = self._counts.get(thread, 0) + 1

    def knows(self, epoch: Epoch) -> bool:
        """Did that moment come before what the owner does next?"""
        return epoch.time <= self._counts.get(epoch.thread, 0)

    def learn(self, other: Clock) -> None:
        """Know what another clock knows, too."""
        for thread, count in other._counts.items():
            if count > self._counts.get(thread, 0):
                self._counts[thread] = count

    def reach(self, epoch: Epoch) -> None:
        """Know one moment of a thread, and so those before it."""
        self._counts[epoch.thread] = max(epoch.time, self._counts.get(epoch.thread, 0))

    def copy(self) -> Clock:
        """Another clock that knows the same."""
        clock = Clock()
        clock._counts = self._counts.copy()
        return clock
