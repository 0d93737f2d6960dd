"""Whom the touches, and the exchanged functions, tell: the run that there is, if any."""

from __future__ import annotations

from collections.abc import Callable

from ungil.races.reference.running import Run

__all__ = ["begin", "end", "told", "watching"]

_runs: list[Run] = []


def watching() -> Run | None:
    """The run that there is."""
    try:
        return _runs[-1]
    except IndexError:
        return None


def begin(run: Run) -> None:
    """There is one."""
    _runs.append(run)


def end() -> Run | None:
    """There is none any more; the one that there was."""
    return _runs.pop() if _runs else None


def told(act: Callable[..., object], *given: object) -> object:
    """Do something of `Run` for this thread; what it gave, None if nobody listens."""
    run = watching()
    return None if run is None else run.during(act, *given)
