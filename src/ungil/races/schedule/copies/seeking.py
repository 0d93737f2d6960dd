"""One schedule after the other, in copies of a process, until each of several aims is met.

What steers for one of them may show another, so each execution is looked at for all that is
still open. They take turns: what never comes true takes no time from the others, but its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ungil.races.candidate import Candidate, Place
from ungil.races.schedule.control import Control
from ungil.races.schedule.exploring import Failure, Ran, Run, settled, shrunk
from ungil.races.schedule.harm import ENDLESS, HARM, HUNG
from ungil.races.schedule.strategies import Replay, Strategy
from ungil.races.schedule.world import Outcome

__all__ = ["Aim", "RunEach", "Seeker"]

_FURTHER = 50
"""Schedules in which it is sought that something fails visibly, once harm was seen."""

_PATIENCE = 10
"""So many schedules may come to no end."""

_OF_HUNG = 5
"""One that hangs takes longer, and counts for as many."""

_SHRINKING = 2.0
"""Seconds, for each."""

_FOR_SHRINKING = 0.25
"""The part of the time that is left for it, if it needs so much."""

_ODD = 10
"""So many executions in a row may fail, or not show again what one has shown."""

RunEach = Callable[[Strategy, Sequence[Candidate | None]], list[Ran]]
"""Runs something once, as a strategy chooses, and says for each candidate what that means."""


@dataclass(eq=False, slots=True)
class Aim:
    """What a schedule is to show, and what came of it.

    Attributes:
        candidate: It; None for any failure.
        strategy: Gives the strategy of its n-th schedule from 0, and of a seed.
        failure: A schedule that shows it each time; None as long as there is none.
        shared: Places that were known to touch what threads share, when it did.
        fixed: Was one chosen at these alone?
        turns: How many schedules were sought for it.
        hung: Why the last of them that came to no end did not; empty if all did.
        waits: Did one have to be ended from outside?
        patience: How many more of them are borne, if it `is_near` and if it is not.
    """

    candidate: Candidate | None
    strategy: Callable[[int, int], Strategy]
    failure: Failure | None = None
    shared: Sequence[Place] = ()
    fixed: bool = False
    turns: int = 0
    hung: str = ""
    waits: bool = False
    patience: dict[bool, int] = field(default_factory=lambda: {True: _PATIENCE, False: _PATIENCE})

    @property
    def is_near(self) -> bool:
        """Is one chosen at the places that matter to it alone, at its next turn?

        It is at every other one, since what else threads share may be a thousand times as much.
        """
        if self.candidate is None:
            return False
        return self.patience[True] > 0 and (self.turns % 2 == 0 or self.patience[False] <= 0)

    def count(self, outcome: Outcome, *, is_near: bool) -> None:
        """Of executions that come to no end it bears only so many."""
        if outcome.kind in {ENDLESS, HUNG}:
            self.hung = outcome.text
            self.waits |= outcome.kind == HUNG
            self.patience[is_near] -= 1 if outcome.kind == ENDLESS else _OF_HUNG

    def may_be_met(self, tried: int) -> bool:
        """Is it still looked for, after so many executions in all?

        Once there was harm, only what fails visibly is.
        """
        failure = self.failure
        return failure is None or (failure.kind == HARM and tried < failure.found + _FURTHER)


class Seeker:
    """Runs something in one schedule after the other, for the most visible failures.

    Attributes:
        aims: Those that it was given.
        tried: How many schedules were.
    """

    def __init__(
        self, run: RunEach, aims: Sequence[Aim], control: Control, schedules: int, seconds: float
    ) -> None:
        """Prepare it.

        Args:
            run: Runs it.
            aims: What is sought.
            control: Of this process.
            schedules: How many are tried for each at most.
            seconds: How long at most, in all.
        """
        self.aims = aims
        self.tried = 0
        self._run = run
        self._control = control
        self._schedules = schedules
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._ended = self._lost = False
        self._odd = 0

    @property
    def differ(self) -> bool:
        """Do executions take something from those that follow, which then cannot show anything?"""
        return self._odd > _ODD and all(one.failure is None for one in self.aims)

    def seek(self) -> Iterator[None]:
        """Do it; what comes of the aims may be looked at in between."""
        while turns := [one for one in self.aims if self._has_turn(one)]:
            for aim in turns:
                if not self._may_go_on():
                    break
                if self._has_turn(aim):
                    self._turn(aim)
            yield
            if not self._may_go_on():
                break
        met = [one for one in self.aims if one.failure is not None]
        for number, aim in enumerate(met):
            left = self._until - time.monotonic()
            self._make_small(aim, min(_SHRINKING, left / (len(met) - number)))
            yield

    def _has_turn(self, aim: Aim) -> bool:
        is_open = aim.may_be_met(self.tried)
        return is_open and aim.turns < self._schedules and (aim.is_near or aim.patience[False] > 0)

    def _may_go_on(self) -> bool:
        met = sum(one.failure is not None for one in self.aims)
        reserve = min(_SHRINKING * met, _FOR_SHRINKING * self._seconds)
        return time.monotonic() < self._until - reserve and not self.differ

    def _turn(self, aim: Aim) -> None:
        """One more schedule, which steers for one of them."""
        strategy = aim.strategy(aim.turns, self.tried)
        strategy.another()
        others = [one for one in self.aims if one is not aim and one.may_be_met(self.tried)]
        sought = [aim, *others]
        known = self._control.shared
        if aim.candidate is not None and aim.is_near:
            self._control.forget(self._control.near(aim.candidate.spots), fixed=True)
        aim.turns += 1
        self.tried += 1
        before, fixed = self._control.shared, self._control.fixed
        *came, whole = self._run(strategy, [*(one.candidate for one in sought), None])
        outcome = came[0].outcome
        if outcome.kind not in {ENDLESS, HUNG}:
            self._ended = True
        # What has never come to an end will hardly for the others.
        for one in [aim] if self._ended else sought:
            one.count(outcome, is_near=fixed)
        shown = [
            (one, ran.failure(self.tried))
            for one, ran in zip(sought, came, strict=True)
            if ran.outcome.is_failure and (one.failure is None or ran.outcome.kind != HARM)
        ]
        after = known if fixed else self._control.shared
        if shown:
            self._lost |= not self._meet(shown, before, fixed=fixed)
        self._control.forget(after)
        is_odd = self._lost or whole.outcome.is_failure
        self._odd = self._odd + 1 if is_odd else 0

    def _meet(
        self, shown: Sequence[tuple[Aim, Failure]], shared: Sequence[Place], *, fixed: bool
    ) -> bool:
        """Take what one execution showed, if it can be followed again to that.

        Args:
            shown: The aims, and each up to where it is met.
            shared: What was known when it began. What is learnt on the way is learnt again.
            fixed: Was one chosen at these places alone?

        Returns:
            Was any of it taken?
        """
        # What was shown last is looked for, and all else on the way to it.
        shown = sorted(shown, key=lambda one: len(one[1].choices), reverse=True)
        longest = shown[0][1]
        self._control.forget(shared, fixed=fixed)
        again = Replay(longest.choices, strict=True)
        again.another()
        taken = False
        came = self._run(again, [aim.candidate for aim, _ in shown])
        for (aim, failure), ran in zip(shown, came, strict=True):
            if ran.outcome.kind == failure.kind:
                choices, used = longest.choices, longest.used
                aim.failure = replace(failure, choices=choices, used=used)
                aim.shared, aim.fixed = shared, fixed
                taken = True
            elif ran.outcome.is_failure and failure.kind == HARM:
                # Behind what it was known up to, it goes on in another way, and fails visibly.
                taken |= self._meet([(aim, ran.failure(failure.found))], shared, fixed=fixed)
        return taken

    def _make_small(self, aim: Aim, seconds: float) -> None:
        """Leave out what it does not need, if what is left fails each time as well."""
        failure = aim.failure
        if failure is None or seconds <= 0:
            return
        self._control.forget(aim.shared, fixed=aim.fixed)
        run = self._run_for(aim)
        known = settled(run, failure)
        if known is not None:
            small, shared = shrunk(run, known, seconds), self._control.shared
            self._meet([(aim, small)], shared, fixed=aim.fixed)

    def _run_for(self, aim: Aim) -> Run:
        return lambda strategy: self._run(strategy, [aim.candidate])[0]
