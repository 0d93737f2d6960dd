"""Stress in a copy of this process, which ends with whoever hangs in it."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import NoReturn

from ungil.races.schedule.copies.aside import Tell, aside
from ungil.races.schedule.exploring import Exploration, Failure
from ungil.races.schedule.pieces.carrying import traceback_of
from ungil.races.schedule.stress import Stress

__all__ = ["TRIALS", "stress_aside"]

TRIALS = 10_000
"""At most so many, if nobody says otherwise."""

_TICK = 0.2
"""Seconds between two looks whether a trial has ended."""

_GRACE = 20.0
"""Seconds that a copy may take beyond what it was given."""


def stress_aside(
    made: Callable[[], Callable[[], object]],
    *,
    trials: int = TRIALS,
    seconds: float | None = None,
    patience: float = 10,
) -> Exploration:
    """Run a test in plain threads until a trial fails, in a copy of this process.

    If it starts no threads, it is run once.

    Args:
        made: Makes the test, in the copy.
        trials: How many at most.
        seconds: How long at most; None for no limit.
        patience: After how many seconds a trial that has not ended fails.

    Raises:
        OSError: The process cannot be copied.
    """
    most = inf if seconds is None else seconds

    def body(tell: Tell) -> NoReturn:
        stress = Stress(made())
        ended = 0

        def done(_: int) -> None:
            nonlocal ended
            ended += 1

        def look() -> NoReturn:
            last, until = -1, 0.0
            while ended != last or time.monotonic() < until:
                if ended != last:
                    last, until = ended, time.monotonic() + patience
                time.sleep(_TICK)
            tell(_packed(stress.hung()))

        threading.Thread(target=look, daemon=True).start()
        found = stress.run(1, most, done)
        if found.failure is None and found.threads > 1:
            found = stress.run(trials, most, done)
        tell(_packed(found))

    said = aside(body, most + patience + _GRACE)
    if said:
        found: Exploration = pickle.loads(said)  # noqa: S301 - a copy of this process wrote it
        return found
    failure = Failure("failed", "the process of the test ended and said nothing", "", (), (), 1)
    return Exploration("stress", 1, failure, False, "", 0, 1, 0, "threads")


def _packed(found: Exploration) -> bytes:
    """With the exception, if that can be sent."""
    failure = found.failure
    if failure is None or failure.error is None:
        return pickle.dumps(found)
    failure.error.add_note(traceback_of(failure.error))  # which does not come along
    try:
        packed = pickle.dumps(found)
        pickle.loads(packed)  # noqa: S301 - written a line above
    except Exception:  # noqa: BLE001 - whatever an exception of the program does
        return pickle.dumps(replace(found, failure=replace(failure, error=None)))
    return packed
