"""Confirm candidates, in a process of its own; started by `ungil race`.

python -m ungil.races.schedule.confirming FOLDER REQUEST

REQUEST is JSON, see `Confirming`; what was found is in FOLDER/result.json, candidate by
candidate, and what is there when the process is killed counts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import NoReturn

from ungil.races.candidate import Candidate, Spot
from ungil.races.schedule.control import Control, NotPossibleError
from ungil.races.schedule.directed import Directed
from ungil.races.schedule.exploring import Failure, Ran, settled, shrunk
from ungil.races.schedule.forks import HUNG, Forks, can_fork
from ungil.races.schedule.harm import HARM, judge
from ungil.races.schedule.request import Confirming
from ungil.races.schedule.strategies import Replay, Strategy
from ungil.races.schedule.whole import whole_program
from ungil.races.session import Session
from ungil.races.settings import Settings

__all__ = ["main"]

_FURTHER = 50
"""Schedules in which it is sought that something fails visibly, once harm was seen."""

_MOST_HUNG = 2
_SHRINKING = 2.0


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
        control = Control()
    except NotPossibleError as error:
        end(str(error))
    session = Session(Settings.from_json(request.settings), lambda _: None, control)
    session.only = request.test
    session.start()
    _be_quiet()
    forks = Forks(control, request.patience)

    def work() -> None:
        until = time.monotonic() + request.seconds
        for number, kind in enumerate(request.candidates):
            left = (until - time.monotonic()) / (len(request.candidates) - number)
            results.append(_confirmed(control, forks, kind, request.schedules, left))
            tell()
        end()

    forks.begin(whole_program(session, request.program), Replay((), strict=False), work)
    end("it started no thread when it was run again")


def _be_quiet() -> None:
    """What the program prints, it has printed when it was watched."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _confirmed(
    control: Control, forks: Forks, candidate: Candidate, schedules: int, seconds: float
) -> dict[str, object]:
    """What came of one candidate."""
    run = partial(forks.run, judge=partial(judge, candidate))
    failure, tried, hung = _sought(run, candidate.spots, schedules, seconds)
    if failure is not None:
        failure = shrunk(run, failure, _SHRINKING)
        again = run(_again(failure))
        if again.outcome.kind != failure.kind:
            failure, hung = None, "it does not do the same twice"
    found = None if failure is None else asdict(failure)
    if found is not None:
        found.pop("error")
    return {"failure": found, "tried": tried, "hung": hung, "shared": control.shared}


def _again(failure: Failure) -> Strategy:
    strategy = Replay(failure.choices, strict=True)
    strategy.another()
    return strategy


def _sought(
    run: Callable[[Strategy], Ran], spots: Sequence[Spot], schedules: int, seconds: float
) -> tuple[Failure | None, int, str]:
    """The most visible failure that is soon found, how many schedules were tried, what hung."""
    until = time.monotonic() + seconds
    best: Failure | None = None
    last = schedules
    tried = 0
    hung: list[str] = []
    while tried < last and time.monotonic() < until and len(hung) < _MOST_HUNG:
        one = run(Directed(tried, spots))
        tried += 1
        if one.outcome.kind == HUNG:
            hung.append(one.outcome.text)
        if not one.outcome.is_failure:
            continue
        failure = one.failure(tried)
        same = settled(run, failure) if one.learnt else failure
        if same is None:
            continue
        if best is None:
            best, last = same, min(schedules, tried + _FURTHER)
        if same.kind != HARM:
            best = same
            break
    return best, tried, "".join(hung[-1:])


if __name__ == "__main__":
    main()
