"""Confirm candidates, in a process of its own; started by `ungil race`.

python -m ungil.races.schedule.copies.confirming FOLDER REQUEST

REQUEST is JSON, see `Confirming`; what was found is in FOLDER/result.json, candidate by
candidate, and what is there when the process is killed counts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import NoReturn

from ungil.races.candidate import Candidate
from ungil.races.schedule.control import Control, NotPossibleError
from ungil.races.schedule.copies.forks import Forks, be_quiet, can_fork
from ungil.races.schedule.copies.seeking import Seeker
from ungil.races.schedule.harm import judge
from ungil.races.schedule.request import Confirming
from ungil.races.schedule.strategies import RandomWalk, Strategy
from ungil.races.schedule.strategies.directed import Directed
from ungil.races.schedule.whole import whole_program
from ungil.races.session import Session
from ungil.races.settings import Settings

__all__ = ["main"]


def main() -> None:
    """Do what the command line asks for."""
    folder = Path(sys.argv[1])
    request = Confirming.from_json(sys.argv[2])
    results: list[dict[str, object]] = []

    def tell(problem: str = "") -> None:
        part = folder / "part.json"
        part.write_text(json.dumps({"problem": problem, "results": results}), encoding="utf-8")
        part.replace(folder / "result.json")

    def end(problem: str = "") -> NoReturn:
        tell(problem)
        os._exit(0)

    if not can_fork():
        end("this system cannot copy processes")
    try:
        control = Control(carrier=request.carrier)
    except NotPossibleError as error:
        end(str(error))
    session = Session(Settings.from_json(request.settings), lambda _: None, control)
    session.only = request.test
    session.start()
    be_quiet()
    forks = Forks(control, request.patience)

    def work() -> None:
        until = time.monotonic() + request.seconds
        for number, kind in enumerate(request.candidates):
            left = (until - time.monotonic()) / (len(request.candidates) - number)
            results.append(_confirmed(control, forks, kind, request.schedules, left))
            tell()
        end()

    # Who waits for more than locks may have files that all copies would share.
    at_start = request.carrier == "threads"
    forks.begin(whole_program(session, request.program), work, at_start=at_start)
    end("it started no thread when it was run again")


def _confirmed(
    control: Control, forks: Forks, candidate: Candidate, schedules: int, seconds: float
) -> dict[str, object]:
    """What came of one candidate."""
    run = partial(forks.run, judge=partial(judge, candidate))

    def strategy(number: int) -> Strategy:
        # Now and then without holding anybody: what is held may be what it needs.
        return RandomWalk(number) if number % 3 == 2 else Directed(number, candidate.spots)

    sought = Seeker(run, strategy, schedules, time.monotonic() + seconds)
    failure = sought.found()
    shown = None if failure is None else asdict(failure)
    if shown is not None:
        shown.pop("error")
    return {
        "failure": shown,
        "tried": sought.tried,
        "hung": sought.hung,
        "waits": sought.waits,
        "shared": control.shared,
    }


if __name__ == "__main__":
    main()
