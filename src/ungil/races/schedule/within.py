"""Exploring a test from within a program, such as another test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypedDict, TypeVar, Unpack, overload

from ungil.races import session as sessions
from ungil.races.schedule.carriers.fitting import explore_on
from ungil.races.schedule.control import Control
from ungil.races.schedule.copies.forks import can_fork
from ungil.races.schedule.copies.stressed import TRIALS, stress_aside
from ungil.races.schedule.exploring import Exploration, Failure
from ungil.races.schedule.watchdog import watched_over
from ungil.races.schedule.workers import Controlled, Plain, Side, Workers
from ungil.races.session import Session
from ungil.races.settings import Settings, kept_code

__all__ = ["ScheduleFails", "explore_here"]

Shared = TypeVar("Shared")
Given = ParamSpec("Given")

_SCHEDULES = 1000
"""At most so many, if nobody says otherwise."""

_MOST_WORKERS = 6
"""All orders of more are too many."""


class ScheduleFails(AssertionError):  # noqa: N818 - it says what it is
    """A schedule in which a test that is decorated does not go on, or does not end."""


class Options(TypedDict, total=False):
    """How a test is explored; see `explore_here`."""

    strategy: str
    schedules: int | None
    seconds: float | None
    seed: int
    carrier: str
    patience: float
    include: Sequence[str]
    exclude: Sequence[str]
    folder: Path | None


@overload
def explore_here(test: Callable[[], object], **options: Unpack[Options]) -> Exploration: ...


@overload
def explore_here(
    *,
    setup: Callable[[], Shared],
    workers: Sequence[Callable[[Shared], object]],
    invariant: Callable[[Shared], object] = ...,
    outcome: Callable[[Shared], object] | None = ...,
    **options: Unpack[Options],
) -> Exploration: ...


@overload
def explore_here(
    **options: Unpack[Options],
) -> Callable[[Callable[Given, object]], Callable[Given, None]]: ...


def explore_here(
    test: Callable[[], object] | None = None,
    *,
    setup: Callable[[], Any] | None = None,
    workers: Sequence[Callable[[Any], object]] = (),
    invariant: Callable[[Any], object] = lambda _: True,
    outcome: Callable[[Any], object] | None = None,
    **options: Unpack[Options],
) -> Exploration | Callable[[Callable[..., object]], Callable[..., None]]:
    """Run a test in many schedules, in this process.

    Either `test` starts threads of its own, or `setup` makes what `workers` share: these run
    at once, each in a thread, and when all have ended `invariant` must hold. With neither it
    decorates a test, which then runs in many schedules whenever it is called, and raises
    what it raises in the first that fails.

    With the strategy `stress` it runs in plain threads, in a copy of this process.

    Args:
        test: Fails by an exception, a deadlock or without an end.
        setup: Is called in each schedule.
        workers: Each is given what `setup` made.
        invariant: Is given it as well; the test fails if it gives False or raises.
        outcome: Is given it as well, and gives what came out: the test fails if no order of
            the workers, one after the other, gives the same.
        options: `strategy` (`pct`, `pos`, `random`, `dpor` or `stress`; default `pct`),
            `schedules` (how many at most; 1000, of `stress` 10,000), `seconds` (how long at
            most; None for no limit), `seed` (of what is drawn; 0), `carrier` (what threads run
            on: `greenlets`, `threads` of the system, or `auto`: on greenlets unless the test
            turns out to need threads),
            `patience` (for how many seconds nobody may come to a choice; 10),
            `include` and `exclude` (packages that are watched as well, or not), `folder`
            (the project's; default: the current one).

    Raises:
        ValueError: There is no such strategy or carrier, both `test` and `setup` are given,
            or `outcome` with too many workers.
        RuntimeError: This process is being watched already, threads cannot be controlled
            here (of `stress`: this process cannot be copied), the test does not do the same
            in the same schedule, or it comes to no choice any more: it computes without end, or
            waits for what does not come.
    """
    if test is not None and setup is not None:
        raise ValueError("either a test is explored, or what setup makes")
    if test is None and setup is None:
        return lambda function: _decorated(function, options)
    if outcome is not None and len(workers) > _MOST_WORKERS:
        raise ValueError(f"all orders of more than {_MOST_WORKERS} workers are too many")

    def made(side: Side) -> Callable[[], object]:
        if setup is None:
            return test or (lambda: None)
        return Workers(side, setup, workers, invariant, outcome).test()

    return _explored(made, **options)


def _explored(
    made: Callable[[Side], Callable[[], object]],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    folder: Path | None = None,
    strategy: str = "pct",
    schedules: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    carrier: str = "auto",
    patience: float = 10,
) -> Exploration:
    if strategy == "stress":
        return _stressed(lambda: made(Plain()), schedules or TRIALS, seconds, patience)
    project = Path.cwd() if folder is None else folder.absolute()
    control = Control()
    settings = Settings(str(project), tuple(include), tuple(exclude), cache=kept_code())
    session = Session(settings, lambda _: None, control)
    session.start()
    try:
        session.take_over()
        with watched_over(control, patience):
            found, _ = explore_on(
                carrier,
                control,
                made(Controlled(control)),
                strategy=strategy,
                schedules=schedules or _SCHEDULES,
                seconds=seconds,
                seed=seed,
            )
        return found
    finally:
        session.stop()


def _stressed(
    made: Callable[[], Callable[[], object]], trials: int, seconds: float | None, patience: float
) -> Exploration:
    if not can_fork():
        raise RuntimeError("stress here needs processes that can be copied")
    return stress_aside(made, trials=trials, seconds=seconds, patience=patience)


def _decorated(function: Callable[Given, object], options: Options) -> Callable[Given, None]:
    @wraps(function)
    def explored(*args: Given.args, **kwargs: Given.kwargs) -> None:
        if sessions.current() is not None:
            function(*args, **kwargs)  # whoever watches, or is in control, is told of it as it is
            return
        failure = _explored(lambda _: lambda: function(*args, **kwargs), **options).failure
        if failure is not None:
            raise _error(failure)

    return explored


def _error(failure: Failure) -> BaseException:
    error = failure.error or ScheduleFails(f"{failure.kind}: {failure.text}")
    lines = [
        f"{thread}: {Path(path).name}:{line}  {text}"
        for thread, places in failure.steps
        for path, line, text in places
    ]
    head = f"in schedule {failure.found}, in this order:" if lines else f"in trial {failure.found}"
    error.add_note("\n".join([head, *lines]))
    return error
