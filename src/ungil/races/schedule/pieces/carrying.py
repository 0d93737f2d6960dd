"""One piece of an exploration, in this process."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from ungil.races.schedule.carriers.fitting import only_on_greenlets
from ungil.races.schedule.control import Control
from ungil.races.schedule.exploring import Exploration, explore, strategy_named
from ungil.races.schedule.pieces.piece import Found, Piece
from ungil.races.schedule.strategies import Pct, Strategy
from ungil.races.schedule.strategies.dpor import Dpor

__all__ = ["explored", "plain", "traceback_of"]


def explored(
    control: Control,
    test: Callable[[], object],
    piece: Piece,
    is_open: bool = False,
    done: Callable[[int], object] = lambda _: None,
) -> Found:
    """Carry out a piece.

    Args:
        control: Of this process, which has begun.
        test: Starts threads, and fails by an exception, a deadlock or without an end.
        piece: What to do.
        is_open: May the carrier be another? Then what fails on greenlets has to fail on
            threads of the system as well, or it is told by `unfit`.
        done: Is told of each execution.

    Returns:
        What was found. Besides, `runs` are the executions with those that only taught
        something, `shared` is what is known of it now, and for `dpor` there is what it has
        left and asks for.

    Raises:
        ValueError: There is no such strategy.
        RuntimeError: The test does not do the same in the same schedule.
    """
    runs = 0

    def count(number: int) -> None:
        nonlocal runs
        runs = number
        done(number)

    chooser = _chooser(piece)
    found = explore(
        control,
        test,
        strategy=piece.strategy,
        schedules=piece.schedules,
        seconds=piece.seconds,
        chooser=chooser,
        known=[(path, line, text) for path, line, text in piece.shared],
        done=count,
    )
    unfit = ""
    if is_open and found.failure is not None and control.carrier != "threads":
        unfit = only_on_greenlets(control, test, found.failure)
    shown = {**plain(found), "runs": runs, "shared": control.shared, "unfit": unfit}
    if found.failure is None and isinstance(chooser, Dpor):
        for name in ("rest", "asked", "outdated", "does_more"):
            shown[name] = getattr(chooser, name)
        # Whether that proves anything is another question.
        shown["complete"] = chooser.complete
    return shown


def plain(found: Exploration) -> Found:
    """What was found, as plain data."""
    if found.failure is None:
        return asdict(found)
    error = found.failure.error
    shown: Found = asdict(replace(found, failure=replace(found.failure, error=None)))
    shown["failure"].pop("error")
    shown["failure"]["traceback"] = "" if error is None else traceback_of(error)
    return shown


def _chooser(piece: Piece) -> Strategy:
    if piece.strategy == "dpor":
        return Dpor(piece.nodes, piece.base)
    chooser = strategy_named(piece.strategy, piece.seed)
    if isinstance(chooser, Pct):
        chooser.threads, chooser.choices = piece.threads, piece.choices
    return chooser


def traceback_of(error: BaseException) -> str:
    """Its traceback, without our own frames."""
    ours = str(Path(__file__).parents[1])
    frames = [
        one
        for one in traceback.extract_tb(error.__traceback__)
        if not one.filename.startswith(ours)
    ]
    return "".join(traceback.format_list(frames)) + "".join(traceback.format_exception_only(error))
