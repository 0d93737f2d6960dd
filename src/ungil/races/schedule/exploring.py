"""Run a test in many schedules, until one fails or there is no reason for another."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from ungil.races.candidate import Candidate, Place
from ungil.races.schedule.control import Control
from ungil.races.schedule.harm import judge
from ungil.races.schedule.strategies import Follow, Pct, Pos, RandomWalk, Replay, Strategy
from ungil.races.schedule.strategies.dpor import Dpor
from ungil.races.schedule.world import Outcome, World

__all__ = [
    "STRATEGIES",
    "Exploration",
    "Failure",
    "Ran",
    "Run",
    "Step",
    "bound",
    "explore",
    "ran",
    "replay",
    "settled",
    "shrunk",
    "strategy_named",
]

STRATEGIES = ("pct", "pos", "random", "dpor")

_OFTEN = 64
"""Garbage is collected after so many executions."""


class Step(NamedTuple):
    """What a thread does while no other runs.

    Attributes:
        thread: Its name.
        lines: Where in the source, each with the path of the file, the line and the text.
    """

    thread: str
    lines: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A schedule that fails.

    Attributes:
        kind: `failed`, `deadlock` or `livelock`.
        text: The exception, or who waits for what.
        thread: The path of the thread; empty for all.
        choices: Which thread was chosen, at each choice.
        steps: What was done, in order.
        found: The number of the execution that failed first, counted from 1.
        used: How often something had been used, before each choice.
        error: The exception, in the process that it happened in.
    """

    kind: str
    text: str
    thread: str
    choices: tuple[str, ...]
    steps: tuple[Step, ...]
    found: int
    used: tuple[int, ...] = field(default=(), compare=False, repr=False)
    error: BaseException | None = field(default=None, compare=False, repr=False)

    @property
    def switches(self) -> int:
        """How often another thread goes on than the one before, by choice."""
        return sum(1 for _ in groupby(self.choices)) - 1 if self.choices else 0


@dataclass(frozen=True, slots=True)
class Ran:
    """One execution, as plain data.

    Attributes:
        outcome: How it ended.
        choices: Which thread was chosen, at each choice.
        steps: What was done, in order.
        learnt: Was a place found to touch what threads share that was not known to?
        used: How often something had been used, before each choice.
    """

    outcome: Outcome
    choices: tuple[str, ...]
    steps: tuple[Step, ...]
    learnt: bool
    used: tuple[int, ...] = ()

    def failure(self, found: int) -> Failure:
        """It, as a schedule that fails.

        Args:
            found: The number of the execution that failed first.
        """
        outcome = self.outcome
        return Failure(
            outcome.kind,
            outcome.text,
            outcome.thread,
            self.choices,
            self.steps,
            found,
            self.used,
            outcome.error,
        )


Run = Callable[[Strategy], Ran]
"""Runs a test once, as a strategy chooses."""


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was found.

    Attributes:
        strategy: Its name.
        executions: How many there were, without those after which `dpor` began anew since
            they taught what is shared.
        failure: The first that failed, with the fewest switches that still fail.
        complete: Were those all that differ?
        bound: What the strategy promises, in words; empty for nothing.
        seconds: How long it took.
        threads: The most threads that one had.
        choices: The most choices that one had.
        carrier: What the threads ran on.
        outside: Did somebody wait where it was not seen? Then not all was chosen.
        left: The names of threads that could not be ended.
    """

    strategy: str
    executions: int
    failure: Failure | None
    complete: bool
    bound: str
    seconds: float
    threads: int
    choices: int
    carrier: str = "greenlets"
    outside: bool = False
    left: tuple[str, ...] = ()


def strategy_named(name: str, seed: int) -> Strategy:
    """A strategy.

    Raises:
        ValueError: There is none of this name.
    """
    match name:
        case "pct":
            return Pct(seed)
        case "pos":
            return Pos(seed)
        case "random":
            return RandomWalk(seed)
        case "dpor":
            return Dpor()
    raise ValueError(f"no strategy {name!r}; there are {', '.join(STRATEGIES)}")


@contextmanager
def _no_garbage_before() -> Iterator[None]:
    """What was there before need not be looked through again and again."""
    # Some of what the interpreter makes is frozen from the start.
    if gc.get_freeze_count() > len(gc.get_objects()):  # somebody has seen to it
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@_no_garbage_before()
def explore(
    control: Control,
    test: Callable[[], object],
    *,
    strategy: str = "pct",
    schedules: int = 1000,
    seconds: float | None = None,
    seed: int = 0,
    chooser: Strategy | None = None,
    known: Iterable[Place] | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> Exploration:
    """Run a test again and again, each time in another schedule.

    Args:
        control: Of this process, which has begun.
        test: Starts threads, and fails by an exception, a deadlock or without an end.
        strategy: The name of one.
        schedules: How many at most.
        seconds: How long at most; None for no limit.
        seed: Of what is drawn; the same one gives the same schedules.
        chooser: A strategy of this name that has begun already; None for a new one.
        known: Places that touch what threads share; None for those that `control` was given.
        done: Is told of each execution.

    Raises:
        ValueError: There is no such strategy.
        RuntimeError: The test does not do the same in the same schedule.
    """
    chooser = chooser or strategy_named(strategy, seed)
    control.forget(known)

    def run(one: Strategy) -> Ran:
        return ran(*control.execute(test, one))

    began = time.monotonic()
    runs = executions = threads = choices = 0
    failure: Failure | None = None
    while runs < schedules and (seconds is None or time.monotonic() - began < seconds):
        if not chooser.another():
            break
        world, outcome = control.execute(test, chooser)
        runs += 1
        done(runs)
        if runs % _OFTEN == 0:
            gc.collect()
        if not (world.learnt and isinstance(chooser, Dpor)) or outcome.is_failure:
            executions += 1
        threads = max(threads, len(world.threads))
        choices = max(choices, len(world.choices))
        if outcome.is_failure:
            found = ran(world, outcome)
            failure = found.failure(executions)
            again = settled(run, failure) if found.learnt else failure
            if again is not None:
                failure = shrunk(run, again)
                break
            # It failed, but where others may come in was not known: sought once more.
    complete = (
        failure is None and isinstance(chooser, Dpor) and chooser.complete and not control.outside
    )
    return Exploration(
        strategy,
        executions,
        failure,
        complete,
        bound(chooser, executions),
        time.monotonic() - began,
        threads,
        choices,
        control.carrier,
        control.outside,
        tuple(control.left),
    )


def replay(
    control: Control,
    test: Callable[[], object],
    choices: Sequence[str],
    candidate: Candidate | None = None,
    shown: Callable[[Failure], object] | None = None,
) -> tuple[Failure | None, str]:
    """Run a test in a schedule that was recorded.

    What threads share has to be known to `control`.

    Args:
        control: Of this process, which has begun.
        test: What is run.
        choices: Which thread goes on, at each choice.
        candidate: What the schedule shows; None for a failure alone.
        shown: Is told of harm as soon as it is done, if that is all that the schedule shows.

    Returns:
        How it failed, if it did; and where it could not go as recorded, in words.
    """
    again = Replay(choices, strict=True)
    again.another()

    def look(world: World) -> None:
        if candidate is not None and shown is not None and len(world.choices) >= len(choices):
            harm = judge(candidate, world, Outcome("passed"))
            if harm.is_failure:
                shown(ran(world, harm).failure(1))

    control.looks = None if shown is None else look
    world, outcome = control.execute(test, again)
    control.looks = None
    if candidate is not None:
        outcome = judge(candidate, world, outcome)
    one = ran(world, outcome)
    return one.failure(1) if one.outcome.is_failure else None, again.diverged


def ran(world: World, outcome: Outcome) -> Ran:
    """An execution as plain data, up to what showed how it ended."""
    end = len(world.segments) if outcome.last is None else outcome.last + 1
    last = max((one.choice for one in world.segments[:end]), default=-1)
    choices = world.choices if outcome.last is None else world.choices[: last + 1]
    steps = tuple(_steps(world, end))
    return Ran(outcome, tuple(choices), steps, world.learnt, tuple(_used(world, len(choices))))


def _used(world: World, choices: int) -> Iterator[int]:
    """How often something had been used before each of the first choices."""
    used = 0
    for segment in world.segments:
        if segment.choice >= choices:
            return
        if segment.choice >= 0:
            yield used
        used += len(segment.accesses)


def settled(run: Run, failure: Failure) -> Failure | None:
    """The same failure when all is known that is shared in it; None if it does not come."""
    for _ in range(_LEARNING):
        again = Follow(failure.choices, failure.used)
        again.another()
        one = run(again)
        if one.outcome.kind != failure.kind:
            return None
        failure = one.failure(failure.found)
        if not one.learnt:
            return failure
    return None


_LEARNING = 8


def bound(strategy: Strategy, executions: int) -> str:
    """What a strategy promises after so many executions, in words; empty for nothing."""
    if not isinstance(strategy, Pct) or not executions or strategy.choices < strategy.depth:
        return ""  # too small for the theorem to say anything
    missed = (1 - strategy.bound) ** executions
    return (
        f"a bug that needs {strategy.depth} orderings among {strategy.threads} threads and "
        f"{strategy.choices} choices is found with a probability of at least {1 - missed:.2f}"
    )


def _steps(world: World, end: int) -> Iterator[Step]:
    """The places that the threads came to, those of one thread in a row together."""
    for thread, segments in groupby(world.segments[:end], key=lambda one: one.thread):
        lines = [
            (site.path, site.line, f"{site.text}  ({half})" if half else site.text)
            for segment in segments
            for point, half, _ in segment.places
            for site in (point.touch.site,)
        ]
        if lines:
            yield Step(thread.name, tuple(one for one, _ in groupby(lines)))
    for thread in world.threads if end == len(world.segments) else ():
        if thread.blocked is not None and thread.point is not None:
            path, line, text = thread.point.touch.site
            yield Step(thread.name, ((path, line, f"{text}  (waits for {thread.waits_for[0]})"),))


def shrunk(run: Run, failure: Failure, seconds: float = 3) -> Failure:
    """The same failure with fewer switches, as far as taking them away one by one gets.

    Where a schedule with less in it cannot be followed, whoever runs goes on; what then
    fails in the same way is a schedule of its own.

    Args:
        run: Runs the test.
        failure: How it failed.
        seconds: How long it may take.
    """
    until = time.monotonic() + seconds
    smaller = True
    while smaller:
        smaller = False
        for candidate in _fewer(failure.choices):
            if time.monotonic() > until:
                return failure
            lenient = Replay(candidate, strict=False)
            lenient.another()
            one = run(lenient)
            if one.learnt:
                failure, smaller = settled(run, failure) or failure, True
                break
            if one.outcome.kind != failure.kind:
                continue
            found = one.failure(failure.found)
            if _size(found) < _size(failure):
                failure, smaller = found, True
                break
    return failure


def _size(failure: Failure) -> tuple[int, int, int]:
    """What is to be smaller: how often threads take turns, what they do, what was chosen."""
    lines = sum(len(step.lines) for step in failure.steps)
    return max(len(failure.steps), failure.switches + 1), lines, len(failure.choices)


def _fewer(choices: Sequence[str]) -> Iterable[list[str]]:
    """Schedules in which runs of threads are left out, or shorter, or are their neighbours'."""
    runs = [(path, len(list(those))) for path, those in groupby(choices)]
    size = len(runs) // 2
    while size > 1:
        for at in range(0, len(runs), size):
            yield _unrolled([*runs[:at], *runs[at + size :]])
        size //= 2
    for at in range(len(runs)):
        for changed in (
            [*runs[:at], *runs[at + 1 :]],
            [*runs[:at], (runs[at - 1][0], runs[at][1]), *runs[at + 1 :]] if at else None,
            [*runs[: at - 1], runs[at], runs[at - 1], *runs[at + 1 :]] if at else None,
        ):
            if changed is not None:
                yield _unrolled(changed)
    others = list(dict.fromkeys(path for path, _ in runs))
    for at, (path, count) in enumerate(runs):
        for fewer in sorted({1, 2, 3, count // 2, count - 1} & set(range(1, count))):
            yield _unrolled([*runs[:at], (path, fewer), *runs[at + 1 :]])
            # At its end another could go on, and had no choice as all else had ended.
            for other in others if at == len(runs) - 1 else ():
                yield _unrolled([*runs[:at], (path, fewer), (other, 1)])


def _unrolled(runs: Iterable[tuple[str, int]]) -> list[str]:
    return [path for path, count in runs for _ in range(count)]
