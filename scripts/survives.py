"""Explore a program in this process; started by `confirm_corpus.py` in the program's folder.

    python scripts/survives.py PROGRAM SCHEDULES SECONDS ANSWER

Half of the schedules are by PCT, half at random; then come those of DPOR, for so many seconds
at most. What came of them is JSON, in the file ANSWER.
"""

from __future__ import annotations

import concurrent.futures.thread
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import CodeType

from ungil.races.schedule import Control
from ungil.races.schedule.carriers.fitting import explore_on
from ungil.races.schedule.copies.forks import be_quiet
from ungil.races.schedule.whole import whole_program
from ungil.races.session import Session
from ungil.races.settings import Settings

MOST = 1_000_000
"""Schedules of a proof."""


class Once(Session):
    """Instruments a program once, so that what is learnt of its places stays."""

    _kept: CodeType | None = None

    def code(self, source: bytes, path: str, module: str) -> CodeType:
        """The same code each time."""
        if self._kept is None:
            self._kept = super().code(source, path, module)
        return self._kept


def anew(session: Session, program: str) -> Callable[[], None]:
    """The whole program as a function, which imports its modules each time."""
    run = whole_program(session, [program])
    modules = [one.stem for one in Path().glob("*.py")]

    def run_anew() -> None:
        for name in modules:
            sys.modules.pop(name, None)
        vars(concurrent.futures.thread)["_shutdown"] = False  # it was the end of the last one
        run()

    return run_anew


def main(program: str, schedules: int, seconds: float) -> dict[str, object]:
    """Explore it."""
    control = Control()
    session = Once(Settings(str(Path.cwd())), lambda _: None, control)
    session.start()
    test = anew(session, program)
    explored = partial(explore_on, "auto", control, test)
    began = time.monotonic()
    survived, failed, carrier = 0, [], ""
    for strategy, count in (("pct", schedules // 2), ("random", schedules - schedules // 2)):
        found, why = explored(strategy=strategy, schedules=count)
        survived += found.executions
        carrier = f"{found.carrier} ({why})" if why else found.carrier
        if found.failure is not None:
            survived -= 1
            failed.append(f"{strategy}: {found.failure.kind}: {found.failure.text}")
    took = time.monotonic() - began
    proof, _ = explored(strategy="dpor", schedules=MOST, seconds=seconds)
    if proof.failure is not None:
        failed.append(f"dpor: {proof.failure.kind}: {proof.failure.text}")
    return {
        "survived": survived,
        "failed": failed,
        "carrier": carrier,
        "seconds": took,
        "exhaustive": proof.executions,
        "proved": proof.complete,
    }


if __name__ == "__main__":
    name, schedules, seconds, answer = sys.argv[1:]
    be_quiet()
    try:
        found = main(name, int(schedules), float(seconds))
        Path(answer).write_text(json.dumps(found), encoding="utf-8")
    finally:
        # Threads of the program may be left over.
        os._exit(0)
