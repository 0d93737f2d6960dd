"""Confirm candidates, in a process of its own; started by `ungil race`.

python -m ungil.races.schedule.copies.confirming FOLDER REQUEST

REQUEST is JSON, see `Confirming`; what was found is in FOLDER/result.json, for each candidate,
and what is there when the process is killed counts.
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
from ungil.races.schedule.copies.seeking import Aim, Seeker
from ungil.races.schedule.request import Confirming
from ungil.races.schedule.strategies import RandomWalk, Strategy
from ungil.races.schedule.strategies.directed import Directed
from ungil.races.schedule.whole import whole_program
from ungil.races.session import Session
from ungil.races.settings import Settings

__all__ = ["main"]

_BETWEEN = 0.5
"""Seconds between tellings what there is so far."""


def main() -> None:
    """Do what the command line asks for."""
    folder = Path(sys.argv[1])
    request = Confirming.from_json(sys.argv[2])
    results: list[dict[str, object]] = []
    schedules = 0
    differ = False

    def tell(problem: str = "") -> None:
        whole = {
            "problem": problem,
            "schedules": schedules,
            "differ": differ,
            "results": results,
        }
        part = folder / "part.json"
        part.write_text(json.dumps(whole), encoding="utf-8")
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
        nonlocal results, schedules, differ
        tell()
        aims = [Aim(one, partial(_strategy, one)) for one in request.candidates]
        seeker = Seeker(forks.run, aims, control, request.schedules, request.seconds)
        told = 0.0
        for _ in seeker.seek():
            if time.monotonic() - told > _BETWEEN:
                results, schedules = list(map(_result, aims)), seeker.tried
                tell()
                told = time.monotonic()
        results, schedules = [{**_result(one), "done": True} for one in aims], seeker.tried
        differ = seeker.differ
        end()

    program = whole_program(session, request.program)
    forks.begin(program, work, at_start=request.at_start)
    end("it started no thread when it was run again")


def _strategy(candidate: Candidate, turn: int, seed: int) -> Strategy:
    # Now and then without holding anybody: what is held may be what it needs.
    return RandomWalk(seed) if turn % 3 == 2 else Directed(seed, candidate.spots)


def _result(aim: Aim) -> dict[str, object]:
    """What came of one, or has come so far."""
    failure = None if aim.failure is None else asdict(aim.failure)
    if failure is not None:
        del failure["error"], failure["used"]
    return {
        "failure": failure,
        "shared": aim.shared,
        "fixed": aim.fixed,
        "hung": aim.hung,
        "waits": aim.waits,
        "done": False,
    }


if __name__ == "__main__":
    main()
