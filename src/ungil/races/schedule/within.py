"""Exploring a test from within a program, such as another test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from pathlib import Path
from typing import TypeVar

from ungil.races.schedule.control import Control
from ungil.races.schedule.exploring import Exploration
from ungil.races.schedule.fitting import explore_on
from ungil.races.session import Session
from ungil.races.settings import Settings

__all__ = ["explore_here"]

Shared = TypeVar("Shared")


def explore_here(
    test: Callable[[], object] | None = None,
    *,
    setup: Callable[[], Shared] | None = None,
    workers: Sequence[Callable[[Shared], object]] = (),
    invariant: Callable[[Shared], object] = lambda _: True,
    strategy: str = "pct",
    schedules: int = 1000,
    seconds: float | None = None,
    seed: int = 0,
    carrier: str = "auto",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    folder: Path | None = None,
) -> Exploration:
    """Run a test in many schedules, in this process.

    Either `test` starts threads of its own, or `setup` makes what `workers` share: these run
    at once, each in a thread, and when all have ended `invariant` must hold.

    Args:
        test: Fails by an exception, a deadlock or without an end.
        setup: Is called in each schedule.
        workers: Each is given what `setup` made.
        invariant: Is given it as well; the test fails if it gives False or raises.
        strategy: `pct`, `pos`, `random` or `dpor`.
        schedules: How many at most.
        seconds: How long at most; None for no limit.
        seed: Of what is drawn.
        carrier: What threads run on: `greenlets`, `threads` (of the system), or `auto`: on
            greenlets, unless `test` turns out to need threads.
        include: Packages that are watched as well.
        exclude: Packages that are not.
        folder: The project's; default: the current one.

    Raises:
        ValueError: There is no such strategy or carrier, or not exactly one of `test` and `setup`.
        RuntimeError: This process is being watched already, threads cannot be controlled
            here, or the test does not do the same in the same schedule.
    """
    if (test is None) == (setup is None):
        raise ValueError("either a test is explored, or what setup makes")
    project = Path.cwd() if folder is None else folder.absolute()
    control = Control()
    settings = Settings(str(project), tuple(include), tuple(exclude))
    session = Session(settings, lambda _: None, control)
    session.start()
    try:
        session.take_over()
        run = _test(control, setup, workers, invariant) if test is None else test
        found, _ = explore_on(
            carrier,
            control,
            run,
            strategy=strategy,
            schedules=schedules,
            seconds=seconds,
            seed=seed,
        )
        return found
    finally:
        session.stop()


def _test(
    control: Control,
    setup: Callable[[], Shared] | None,
    workers: Sequence[Callable[[Shared], object]],
    invariant: Callable[[Shared], object],
) -> Callable[[], object]:
    def bound(worker: Callable[[Shared], object], shared: Shared) -> Callable[[], object]:
        run: Callable[[], object] = lambda: worker(shared)  # noqa: E731 - named after the worker
        return update_wrapper(run, worker)

    def test() -> None:
        if setup is None:
            return
        shared = setup()
        control.together([bound(one, shared) for one in workers])
        if invariant(shared) is False:
            raise AssertionError("the invariant does not hold")

    return test
