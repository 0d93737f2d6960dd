"""Explore or replay a test in a process of its own; started by `ungil race`.

python -m ungil.races.schedule.program REQUEST [FOLDER]

REQUEST is JSON, see `request`. To replay, FOLDER is given, and what was found is in its
result.json when the process has ended. To explore, pieces come by standard input, each as a
line of JSON, and what was found is told by standard output in the same way; what the test
prints goes to standard error. The process ends without waiting for anybody: threads of the
test may be left over.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any, NoReturn

from ungil.races.candidate import Place
from ungil.races.schedule.carriers.fitting import needs_threads, replay_often
from ungil.races.schedule.control import Control, NotPossibleError
from ungil.races.schedule.exploring import Exploration, Failure
from ungil.races.schedule.harm import HARM
from ungil.races.schedule.patience import Patience
from ungil.races.schedule.pieces.carrying import explored, plain
from ungil.races.schedule.pieces.piece import Found, Piece
from ungil.races.schedule.recorded import read_recorded
from ungil.races.schedule.request import Request
from ungil.races.schedule.stress import Stress
from ungil.races.schedule.watchdog import where_it_hangs
from ungil.races.schedule.whole import whole_program
from ungil.races.session import Session
from ungil.races.settings import Settings

__all__ = ["main"]

Test = Callable[[], object]


def main() -> None:
    """Do what the command line asks for."""
    request = Request(**json.loads(sys.argv[1]))
    sys.path[0] = str(Path.cwd())
    if len(sys.argv) > 2:
        file = Path(sys.argv[2], "result.json")
        _replay(request, _Answers(lambda line: _write(file, line)))
    else:
        pieces, answers = _pipes()
        carry_out = _stress if request.stress else _explore
        carry_out(request, pieces, _Answers(lambda line: _send(answers, line)))


class _Answers:
    """Tells what was found, with what was seen on the way.

    Attributes:
        busy: Is the test run at present?
        executions: How many have ended, of those that were asked for.
        beats: Grows with each.
    """

    def __init__(self, send: Callable[[str], object]) -> None:
        self.busy = False
        self.executions = self.beats = 0
        self._send = send
        self._unwatched: list[str] = []
        self._problems: list[str] = []

    def record(self, one: list[Any]) -> None:
        """Note what the session tells."""
        if one[0] == "unwatched":
            self._unwatched.append(one[1])
        elif one[0] == "problem":
            self._problems.append(one[1])

    def beat(self, count: int) -> None:
        """So many executions have ended."""
        self.executions = count
        self.beats += 1

    def tell(self, found: Found) -> None:
        """Send it."""
        seen = {"unwatched": self._unwatched, "problems": self._problems}
        self._send(json.dumps({"problem": "", "hung": "", **found, **seen}) + "\n")

    def end(self, found: Found) -> NoReturn:
        """Send it as the last."""
        self.tell(found)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _write(file: Path, line: str) -> None:
    part = file.with_suffix(".part")
    part.write_text(line, encoding="utf-8")
    part.replace(file)


def _pipes() -> tuple[IO[str], IO[str]]:
    """Standard input and output, out of the test's reach."""
    pieces = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return pieces, answers


def _send(answers: IO[str], line: str) -> None:
    answers.write(line)
    answers.flush()


def _explore(request: Request, pieces: IO[str], answers: _Answers) -> None:
    control, _ = _begun(request, answers)
    test = _test(request.test, answers)
    is_open = request.carrier == "auto"
    why = None if is_open else ""
    for line in pieces:
        answers.beat(0)
        answers.busy = True
        try:
            if why is None:
                why = needs_threads(control, test)
                control.carrier = "threads" if why else "greenlets"
            piece = Piece(**json.loads(line))
            found = {**explored(control, test, piece, is_open, answers.beat), "why": why}
        except RuntimeError as error:
            answers.end({"problem": str(error)})
        answers.busy = False
        answers.tell(found)
    os._exit(0)


def _stress(request: Request, pieces: IO[str], answers: _Answers) -> None:
    stress = Stress(_test(request.test, answers))

    def told(found: Exploration) -> Found:
        return {**plain(found), "shared": ()}

    _watch(answers, lambda: 0, lambda _: request.patience, lambda: told(stress.hung()))
    for line in pieces:
        piece = Piece(**json.loads(line))
        answers.beat(0)
        answers.busy = True
        found = stress.run(piece.schedules, piece.seconds, answers.beat)
        answers.busy = False
        answers.tell(told(found))
    os._exit(0)


def _replay(request: Request, answers: _Answers) -> None:
    recorded = read_recorded(Path(request.file))
    if recorded.watched is not None:
        settings = recorded.watched.on(Settings.from_json(request.settings))
        request = replace(request, settings=settings.to_json())
    control, session = _begun(request, answers, recorded.shared)
    control.fixed = recorded.fixed
    session.only = recorded.only
    test = whole_program(session, recorded.program)

    def shown(failure: Failure | None, diverged: str = "") -> NoReturn:
        # An exception is not copied: of some that cannot be done.
        found = None if failure is None else asdict(replace(failure, error=None))
        missing = control.not_found()
        answers.end({"failure": found, "diverged": diverged, "missing": missing})

    answers.busy = True
    # Of harm nothing is seen but that it is done, so nobody waits for the end.
    at_once = shown if recorded.kind == HARM else None
    try:
        failure, diverged = replay_often(
            control, test, recorded.choices, recorded.candidate, at_once
        )
    except RuntimeError as error:
        answers.end({"problem": str(error)})
    answers.busy = False
    if failure is not None and failure.error is not None and request.debug:
        session.stop()
        import pdb  # noqa: T100, PLC0415 - what --pdb asks for; what the test loads is not there before

        pdb.post_mortem(failure.error.__traceback__)
    shown(failure, diverged)


def _begun(
    request: Request, answers: _Answers, shared: Iterable[Place] = ()
) -> tuple[Control, Session]:
    """This process under control, and watched over."""
    try:
        control = Control(shared, request.carrier)
    except NotPossibleError as error:
        answers.end({"problem": str(error)})
    session = Session(Settings.from_json(request.settings), answers.record, control)
    session.start()
    _watch_over(control, request, answers)
    return control, session


def _test(name: str, answers: _Answers) -> Test:
    module_name, _, path = name.partition(":")
    is_wrong = False
    try:
        found: Any = importlib.import_module(module_name)
        is_wrong = True  # what is there has no such name
        for part in path.split("."):
            found = getattr(found, part)
    except BaseException as error:  # noqa: BLE001 - whatever an import does, it is told
        is_wrong |= isinstance(error, ModuleNotFoundError) and _is_in(error.name, module_name)
        problem = f"{name} cannot be had: {type(error).__name__}: {error}"
        answers.end({"problem": problem, "wrong": is_wrong})
    if not callable(found):
        answers.end({"problem": f"{name} cannot be called", "wrong": True})
    test: Test = found
    return test


def _is_in(package: str | None, module: str) -> bool:
    """Is a module in a package, or the package itself?"""
    return f"{module}.".startswith(f"{package}.")


_SHORT = 2.0
"""Seconds. Who waits so long on greenlets needs threads of the system, if they may be had."""

_WAITS = 0.2
"""Seconds of a processor: a process that has used no more has waited, and not computed."""


def _watch_over(control: Control, request: Request, answers: _Answers) -> None:
    """End the process if an execution comes to no end: it waits for what is not controlled."""
    home = threading.get_ident()

    def patience(computed: float) -> float:
        may_change = request.carrier == "auto" and control.carrier != "threads"
        is_short = may_change and computed < _WAITS
        return min(_SHORT, request.patience) if is_short else request.patience

    def hung() -> Found:
        place = where_it_hangs(control, home)
        return {"hung": place, "executions": answers.executions, "carrier": control.carrier}

    _watch(answers, lambda: control.moves, patience, hung)


def _watch(
    answers: _Answers,
    moves: Callable[[], int],
    patience: Callable[[float], float],
    hung: Callable[[], Found],
) -> None:
    """End the process if nothing moves in it, or nobody is there any more to tell.

    Args:
        answers: Where it is told.
        moves: Grows while an execution goes on.
        patience: For how many seconds nothing may move, in which it has computed for so many.
        hung: What is told then.
    """
    parent = os.getppid()

    def look() -> None:
        last, computed, waiting = None, 0.0, Patience(time.process_time)
        while os.getppid() == parent:
            time.sleep(0.2)
            now = answers.beats, moves()
            if now != last or not answers.busy:
                last, computed = now, time.process_time()
                waiting.begin()
            elif waiting.is_over(patience(time.process_time() - computed)):
                answers.end(hung())
        os._exit(0)

    threading.Thread(target=look, daemon=True).start()


if __name__ == "__main__":
    main()
