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
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import NoReturn

from ungil.races.candidate import Candidate, Spot
from ungil.races.schedule.control import Control, NotPossibleError
from ungil.races.schedule.directed import Directed
from ungil.races.schedule.exploring import Failure, Run, settled, shrunk
from ungil.races.schedule.forks import HUNG, Forks, can_fork
from ungil.races.schedule.harm import HARM, judge
from ungil.races.schedule.request import Confirming
from ungil.races.schedule.strategies import RandomWalk, Replay
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
        control = Control(carrier=request.carrier)
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

    # Who waits for more than locks may have files that all copies would share.
    at_start = request.carrier == "threads"
    forks.begin(whole_program(session, request.program), work, at_start=at_start)
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
    sought = _Sought(run, candidate.spots, schedules, time.monotonic() + seconds)
    failure = sought.found()
    shown = None if failure is None else asdict(failure)
    if shown is not None:
        shown.pop("error")
    return {
        "failure": shown,
        "tried": sought.tried,
        "hung": sought.hung,
        "shared": control.shared,
    }


class _Sought:
    """Seeks the most visible failure that is soon found.

    Attributes:
        tried: How many schedules were.
        hung: Why the last of them hung; empty if none did.
    """

    def __init__(self, run: Run, spots: Sequence[Spot], schedules: int, until: float) -> None:
        self.tried = 0
        self.hung = ""
        self._run = run
        self._spots = spots
        self._schedules = schedules
        self._until = until
        self._times_hung = 0

    def found(self) -> Failure | None:
        """A schedule with little in it that fails each time; None if none was found."""
        while (best := self._most_visible()) is not None:
            small = self._small(best)
            if small is not None:
                return small
        return None

    def _most_visible(self) -> Failure | None:
        best: Failure | None = None
        last = self._schedules
        while self._may_go_on(last):
            failure = self._one()
            if failure is not None and failure.kind != HARM:
                return failure
            if failure is not None and best is None:
                best, last = failure, min(last, self.tried + _FURTHER)
        return best

    def _may_go_on(self, last: int) -> bool:
        return (
            self.tried < last and time.monotonic() < self._until and self._times_hung < _MOST_HUNG
        )

    def _one(self) -> Failure | None:
        """What comes of one more schedule, if it is a failure and all is known that it shares."""
        number = self.tried
        self.tried += 1
        # Now and then without holding anybody: what is held may be what it needs.
        strategy = RandomWalk(number) if number % 3 == 2 else Directed(number, self._spots)
        one = self._run(strategy)
        if one.outcome.kind == HUNG:
            self.hung = one.outcome.text
            self._times_hung += 1
        if not one.outcome.is_failure:
            return None
        failure = one.failure(self.tried)
        return settled(self._run, failure) if one.learnt else failure

    def _small(self, failure: Failure) -> Failure | None:
        """It with less in it; None if that does not fail each time."""
        small = shrunk(self._run, failure, _SHRINKING)
        for one in (small, failure):
            again = Replay(one.choices, strict=True)
            again.another()
            if self._run(again).outcome.kind == one.kind:
                return one
        return None


if __name__ == "__main__":
    main()
