"""One schedule after the other, in copies of a process, until something fails each time."""

from __future__ import annotations

import time
from collections.abc import Callable

from ungil.races.schedule.exploring import Failure, Run, settled, shrunk
from ungil.races.schedule.harm import ENDLESS, HARM, HUNG
from ungil.races.schedule.strategies import Replay, Strategy

__all__ = ["Seeker"]

_FURTHER = 50
"""Schedules in which it is sought that something fails visibly, once harm was seen."""

_PATIENCE = 10
"""So many schedules may come to no end."""

_OF_HUNG = 5
"""One that hangs takes longer, and counts for as many."""

_SHRINKING = 2.0
"""Seconds."""


class Seeker:
    """Runs something in one schedule after the other, for the most visible failure.

    Attributes:
        tried: How many schedules were.
        hung: Why the last of them that came to no end did not; empty if all did.
        waits: Did one have to be ended from outside?
    """

    def __init__(
        self, run: Run, strategy: Callable[[int], Strategy], schedules: int, until: float
    ) -> None:
        """Prepare it.

        Args:
            run: Runs it.
            strategy: Gives the strategy of each schedule, counted from 0.
            schedules: How many are tried at most.
            until: When to give up, as `time.monotonic` has it.
        """
        self.tried = 0
        self.hung = ""
        self.waits = False
        self._run = run
        self._strategy = strategy
        self._schedules = schedules
        self._until = until
        self._patience = _PATIENCE

    def found(self) -> Failure | None:
        """A schedule with little in it that fails each time; None if none was found."""
        while (best := self._most_visible()) is not None:
            small = self._small(best)
            if small is not None:
                return small
        return None

    def _most_visible(self) -> Failure | None:
        best: Failure | None = None
        last = self._schedules
        while self._may_go_on(last):
            failure = self._one()
            if failure is not None and failure.kind != HARM:
                return failure
            if failure is not None and best is None:
                best, last = failure, min(last, self.tried + _FURTHER)
        return best

    def _may_go_on(self, last: int) -> bool:
        return self.tried < last and time.monotonic() < self._until and self._patience > 0

    def _one(self) -> Failure | None:
        """What comes of one more schedule, if it is a failure and all is known that it shares."""
        strategy = self._strategy(self.tried)
        self.tried += 1
        strategy.another()
        one = self._run(strategy)
        if one.outcome.kind in {HUNG, ENDLESS}:
            self.hung = one.outcome.text
            self.waits |= one.outcome.kind == HUNG
            self._patience -= 1 if one.outcome.kind == ENDLESS else _OF_HUNG
        if not one.outcome.is_failure:
            return None
        failure = one.failure(self.tried)
        return settled(self._run, failure) if one.learnt else failure

    def _small(self, failure: Failure) -> Failure | None:
        """It with less in it; None if that does not fail each time."""
        small = shrunk(self._run, failure, _SHRINKING)
        for one in (small, failure):
            again = Replay(one.choices, strict=True)
            again.another()
            if self._run(again).outcome.kind == one.kind:
                return one
        return None
