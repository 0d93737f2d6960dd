"""Locks that are taken in an order that can end in a deadlock.

A thread that takes a lock while it holds another draws an arrow from the one to the
other. A cycle of arrows is a deadlock that some schedule reaches, unless

- one thread drew them all;
- two of them were drawn while the same lock was held, a *gate*, so that only one thread
  at a time can be on the way round; or
- one of them was drawn before the thread that drew another was started, or after it had
  been joined, so that they cannot meet.

S. Bensalem and K. Havelund, "Dynamic Deadlock Analysis of Multi-threaded Programs", HVC
2005. Of what orders threads only start and join count here: that the run happened to hand
a lock over in one order does not keep another run from the other.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ungil.races.detect.clocks import Clock, Epoch
from ungil.races.trace import Acquire, Event, Fork, Join, Release, Site

__all__ = ["Arrow", "Inversion", "LockOrder"]

LONGEST = 5
"""Arrows of a cycle; longer ones are not looked for, since their number explodes."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A thread that held one lock took another.

    Attributes:
        thread: That did.
        held: The lock that it held.
        taken: The lock that it took.
        held_site: Where it had taken the first.
        site: Where it took the second.
        gates: All other locks that it held.
    """

    thread: int
    held: int
    taken: int
    held_site: Site
    site: Site
    gates: frozenset[int]


@dataclass(frozen=True, slots=True)
class Inversion:
    """A cycle of arrows, each beginning where the one before ends."""

    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An arrow, and when it was drawn: its own moment, and what its thread knew."""

    arrow: Arrow
    epoch: Epoch
    clock: Clock

    def meets(self, other: _Drawn) -> bool:
        """Can both be on their way at the same time?"""
        if self.arrow.thread == other.arrow.thread:
            return False
        if not self.arrow.gates.isdisjoint(other.arrow.gates):
            return False
        return not (self.clock.knows(other.epoch) or other.clock.knows(self.epoch))


@dataclass(slots=True)
class _Thread:
    clock: Clock
    held: dict[int, list[Site]] = field(default_factory=dict)


class LockOrder:
    """Reads events, and tells the cycles that can deadlock, each when it closes.

    Attributes:
        forgotten: How many arrows were dropped because there were too many.
    """

    def __init__(self, most: int = 20_000) -> None:
        """No lock was taken yet.

        Args:
            most: Arrows that are remembered, those that were drawn last.
        """
        self.forgotten = 0
        self._most = most
        self._threads: dict[int, _Thread] = {}
        self._from: dict[int, dict[Arrow, _Drawn]] = {}
        self._drawn: OrderedDict[Arrow, None] = OrderedDict()
        self._told: set[frozenset[Arrow]] = set()
        self._left_out: set[int] = set()

    def leave_out(self, lock: int) -> None:
        """No arrow begins or ends at a lock any more, nor does one that was drawn.

        What one thread takes and another gives back excludes nobody from anything that they
        do themselves: it says that they may.
        """
        self._left_out.add(lock)
        for arrow in [one for one in self._drawn if lock in {one.held, one.taken}]:
            self._forget(arrow)

    def _forget(self, arrow: Arrow) -> None:
        del self._drawn[arrow], self._from[arrow.held][arrow]
        if not self._from[arrow.held]:
            del self._from[arrow.held]

    def feed(self, event: Event) -> list[Inversion]:
        """The cycles that an event closes."""
        match event:
            case Acquire(thread=number, lock=lock, site=site):
                thread = self._thread(number)
                new = [] if lock in thread.held else self._draw(thread, number, lock, site)
                thread.held.setdefault(lock, []).append(site)
                return [found for drawn in new for found in self._closed_by(drawn)]
            case Release(thread=number, lock=lock):
                held = self._thread(number).held
                if lock in held:
                    held[lock].pop()
                    if not held[lock]:
                        del held[lock]
            case Fork(thread=number, child=child):
                parent = self._thread(number)
                begun = self._thread(child).clock
                begun.learn(parent.clock)
                begun.tick(child)  # one that has ended may have had its number
                parent.clock.tick(number)
            case Join(thread=number, child=child):
                self._thread(number).clock.learn(self._thread(child).clock)
        return []

    def _thread(self, number: int) -> _Thread:
        thread = self._threads.get(number)
        if thread is None:
            thread = self._threads[number] = _Thread(Clock.of(number))
        return thread

    def _draw(self, thread: _Thread, number: int, lock: int, site: Site) -> list[_Drawn]:
        """The arrows that taking a lock draws, without those that were there."""
        new: list[_Drawn] = []
        if lock in self._left_out:
            return new
        for held, sites in thread.held.items():
            if held in self._left_out:
                continue
            gates = frozenset(thread.held) - {held}
            arrow = Arrow(number, held, lock, sites[0], site, gates)
            arrows = self._from.setdefault(held, {})
            epoch = thread.clock.epoch(number)
            known = arrows.get(arrow)
            # In another moment of the thread it may meet what it could not before.
            if known is None or known.epoch != epoch:
                arrows[arrow] = _Drawn(arrow, epoch, thread.clock.copy())
                new.append(arrows[arrow])
                self._drawn[arrow] = None
                self._drawn.move_to_end(arrow)
        while len(self._drawn) > self._most:
            self._forget(next(iter(self._drawn)))
            self.forgotten += 1
        return new

    def _closed_by(self, last: _Drawn) -> Iterator[Inversion]:
        """The cycles that end with an arrow."""
        paths: list[tuple[_Drawn, ...]] = [(last,)]
        while paths:
            path = paths.pop()
            end, locks = path[-1].arrow.taken, {drawn.arrow.held for drawn in path}
            for drawn in self._from.get(end, {}).values():
                if not all(drawn.meets(other) for other in path):
                    continue
                longer = (*path, drawn)
                if drawn.arrow.taken == last.arrow.held:
                    found = frozenset(one.arrow for one in longer)
                    if found not in self._told:
                        self._told.add(found)
                        yield Inversion(tuple(one.arrow for one in longer))
                elif drawn.arrow.taken not in locks and len(longer) < LONGEST:
                    paths.append(longer)
