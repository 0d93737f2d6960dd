"""Explore a function in copies of this process, which itself is left as it is.

For a test of pytest: this process has collected it and has its fixtures, and goes on to the
next one when it is known what schedules do to it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from ungil.races.candidate import Candidate
from ungil.races.schedule.control import Control
from ungil.races.schedule.copies.aside import Tell, aside
from ungil.races.schedule.copies.forks import Forks
from ungil.races.schedule.copies.seeking import Aim, Seeker
from ungil.races.schedule.exploring import Failure, Ran, Step, strategy_named
from ungil.races.schedule.strategies import Pct, Replay, Strategy

__all__ = ["STRATEGIES_OF_COPIES", "Sought", "seek_in_copies"]

STRATEGIES_OF_COPIES = ("pct", "pos", "random")
"""Those that need not see what came of their choices."""

_SHORT = 2.0
"""Seconds. Who has not ended then on greenlets may wait for more than locks and threads."""

_GRACE = 20.0
"""Seconds that a copy may take beyond what it was given."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What came of it.

    Attributes:
        tried: How many schedules were; 0 if no thread was started.
        failure: A schedule that fails; None if none was found.
        hung: Why the last of them that hung did; empty if none did.
        carrier: What the threads ran on.
        shared: Places that touch what threads share.
        differ: Did executions take something from those that followed?
    """

    tried: int = 0
    failure: Failure | None = None
    hung: str = ""
    carrier: str = "greenlets"
    shared: tuple[tuple[str, int, str], ...] = ()
    differ: bool = False


def seek_in_copies(
    control: Control,
    function: Callable[[], object],
    *,
    strategy: str = "pct",
    schedules: int = 200,
    seconds: float = 30,
    seed: int = 0,
    patience: float = 10,
) -> Sought:
    """Run a function in many schedules, until one fails.

    Args:
        control: Of this process, which has begun.
        function: Fails by an exception, a deadlock or without an end.
        strategy: One of `STRATEGIES_OF_COPIES`.
        schedules: How many at most.
        seconds: How long at most.
        seed: Of what is drawn.
        patience: After how many seconds an execution that has not ended hangs.

    Raises:
        OSError: The process cannot be copied.
    """
    limit = seconds + patience + _GRACE

    def sought(carrier: str, *, at_start: bool) -> Sought:
        def body(tell: _Tell) -> None:
            forks = _forks(control, carrier, patience if at_start else min(_SHORT, patience))
            pieces = _Pieces(forks, strategy, seed)
            aim = Aim(None, pieces.strategy)
            seeker = Seeker(pieces.run, [aim], control, schedules, seconds)

            def work() -> NoReturn:
                deque(seeker.seek(), 0)
                shared = tuple(aim.shared)
                tell(Sought(seeker.tried, aim.failure, aim.hung, carrier, shared, seeker.differ))

            forks.begin(function, work, at_start=at_start)
            tell(Sought())

        return _copied(body, limit)

    found = sought("greenlets", at_start=False)
    if found.differ or not _fails_from_the_start(control, function, found, limit):
        # The copies had something in common that they changed, such as a folder.
        found = sought("greenlets", at_start=True)
    if found.hung and found.failure is None:
        # Who waits for more than locks may have files that all copies would share.
        found = sought("threads", at_start=True)
    return found


def _fails_from_the_start(
    control: Control, function: Callable[[], object], found: Sought, limit: float
) -> bool:
    """Does what fails do so if nothing was done before, not even until the first thread?"""
    failure = found.failure
    if failure is None:
        return True

    def body(tell: _Tell) -> None:
        forks = _forks(control, found.carrier, limit)
        control.learn(found.shared)

        def work() -> NoReturn:
            again = Replay(failure.choices, strict=True)
            again.another()
            (one,) = forks.run(again, [None])
            tell(Sought(1, one.failure(1) if one.outcome.kind == failure.kind else None))

        forks.begin(function, work, at_start=True)

    return _copied(body, limit).failure is not None


def _forks(control: Control, carrier: str, patience: float) -> Forks:
    control.carrier = carrier
    return Forks(control, patience)


_Tell = Callable[[Sought], NoReturn]


class _Pieces:
    """Gives each schedule a strategy, which knows how large those before were."""

    def __init__(self, forks: Forks, strategy: str, seed: int) -> None:
        self._forks = forks
        self._name = strategy
        self._seed = seed
        self._most = 1

    def run(self, strategy: Strategy, candidates: Sequence[Candidate | None]) -> list[Ran]:
        """How it ends."""
        came = self._forks.run(strategy, candidates)
        self._most = max(self._most, *(len(one.choices) for one in came))
        return came

    def strategy(self, turn: int, _: int) -> Strategy:
        """That of one schedule."""
        made = strategy_named(self._name, self._seed + turn)
        if isinstance(made, Pct):
            made.choices = self._most
        return made


def _copied(body: Callable[[_Tell], None], limit: float) -> Sought:
    """What a copy of this process tells, which does nothing else."""

    def sought(tell: Tell) -> None:
        body(lambda one: tell(_written(one)))

    said = aside(sought, limit)
    return _read(said) if said else Sought(hung="the process that explored it came to no end")


def _written(sought: Sought) -> bytes:
    whole = asdict(sought)
    if whole["failure"] is not None:
        whole["failure"].pop("error")
    return json.dumps(whole).encode()


def _read(said: bytes) -> Sought:
    whole: dict[str, Any] = json.loads(said)
    failure = whole.pop("failure")
    shared = tuple((path, line, text) for path, line, text in whole.pop("shared"))
    return Sought(failure=None if failure is None else _failure(failure), shared=shared, **whole)


def _failure(read: dict[str, Any]) -> Failure:
    steps = tuple(
        Step(thread, tuple((path, line, text) for path, line, text in lines))
        for thread, lines in read.pop("steps")
    )
    return Failure(choices=tuple(read.pop("choices")), steps=steps, **read)
