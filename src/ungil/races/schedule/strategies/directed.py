"""Steering threads towards each other, to see whether a candidate comes true.

A thread that comes to one of the candidate's places is held there, until no other can go on
that is elsewhere; then one of those that are held is let go, at random (K. Sen, "Race
Directed Random Testing of Concurrent Programs", PLDI 2008). They have met then, and the
others need not wait until it has come there once more, which may be late.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from ungil.races.candidate import Spot, place_of, spot_of

if TYPE_CHECKING:
    from ungil.races.schedule.threads import Point, Thread
    from ungil.races.schedule.world import World

__all__ = ["Directed"]

_GOES_ON = 0.7
"""How likely a thread goes on that can, rather than any other that is held nowhere; where one
is chosen at few places, they are all of interest."""

_PASSES = 0.25
"""How likely a thread is not held where it would be: it may have to come there once more."""


class Directed:
    """Chooses at random, and holds threads at some places."""

    def __init__(self, seed: int, spots: Sequence[Spot]) -> None:
        """Prepare it.

        Args:
            seed: Of what is drawn.
            spots: The places; those without a form are whole lines.
        """
        self._met: set[Thread] = set()
        self._random = Random(seed)  # noqa: S311 - nothing secret hangs on it
        self._spots = frozenset(spots)
        self._lines = frozenset(spot[:2] for spot in spots if not spot.form)
        self._known: dict[Point, bool] = {}

    def another(self) -> bool:
        """There always is one."""
        return True

    def choose(self, ready: Sequence[Thread], current: Thread, world: World) -> Thread:
        """Whoever is held nowhere, as long as there is one."""
        draw = self._random.random
        free = [one for one in ready if not self._is_held(one) or draw() < _PASSES]
        if current in free and not world.fixed and draw() < _GOES_ON:
            chosen = current
        else:
            among = free or ready
            chosen = among[int(draw() * len(among))]
        if not free:
            self._met.update(ready)
        self._met.discard(chosen)
        return chosen

    def ended(self, world: World) -> None:
        """Nothing is learnt."""

    def _is_held(self, thread: Thread) -> bool:
        point = thread.point
        if point is None or not thread.pending or thread in self._met:
            return False
        held = self._known.get(point)
        if held is None:
            here = place_of(point.touch)[:2] in self._lines or spot_of(point.touch) in self._spots
            held = self._known[point] = here
        return held
