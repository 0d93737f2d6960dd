"""Explore or replay a test in a process of its own; started by `ungil race`.

python -m ungil.races.schedule.program FOLDER REQUEST

REQUEST is JSON, see `request`; what was found is in FOLDER/result.json when it has ended.
The process ends without waiting for anybody: threads of the test may be left over.
"""

from __future__ import annotations

import importlib
import json
import os
import pdb  # noqa: T100 - what --pdb asks for
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ungil.races.schedule.control import Control, NotPossibleError
from ungil.races.schedule.exploring import Failure
from ungil.races.schedule.fitting import explore_on, replay_often
from ungil.races.schedule.recorded import read_recorded
from ungil.races.schedule.request import Request
from ungil.races.schedule.whole import whole_program
from ungil.races.session import Session
from ungil.races.settings import Settings

__all__ = ["main"]


def main() -> None:
    """Do what the command line asks for."""
    folder, text = Path(sys.argv[1]), sys.argv[2]
    request = Request(**json.loads(text))
    sys.path[0] = str(Path.cwd())
    passed: list[str] = []
    problems: list[str] = []

    def record(one: list[Any]) -> None:
        if one[0] == "unwatched":
            passed.append(one[1])
        elif one[0] == "problem":
            problems.append(one[1])

    def end(result: dict[str, object]) -> None:
        whole = {"problem": "", "hung": "", **result, "unwatched": passed, "problems": problems}
        part = folder / "part.json"
        part.write_text(json.dumps(whole), encoding="utf-8")
        part.replace(folder / "result.json")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    recorded = read_recorded(Path(request.file)) if request.file else None
    try:
        control = Control(() if recorded is None else recorded.shared, request.carrier)
    except NotPossibleError as error:
        end({"problem": str(error)})
    session = Session(Settings.from_json(request.settings), record, control)
    session.start()
    if recorded is None:
        test = _test(request.test, end)
    else:
        session.only = recorded.only
        test = whole_program(session, recorded.program)
    beats = _watch_over(control, request, end)
    try:
        if recorded is None:
            end(_explored(control, test, request, beats))
            return
        failure, diverged = replay_often(control, test, recorded.choices, recorded.candidate)
    except RuntimeError as error:
        end({"problem": str(error)})
        return
    if failure is not None and failure.error is not None and request.debug:
        session.stop()
        pdb.post_mortem(failure.error.__traceback__)
    end(_replayed(failure, diverged))


def _replayed(failure: Failure | None, diverged: str) -> dict[str, object]:
    found = {} if failure is None else asdict(failure)
    found.pop("error", None)
    return {"failure": found or None, "diverged": diverged}


def _explored(
    control: Control, test: Callable[[], object], request: Request, beats: list[int]
) -> dict[str, object]:
    def beat(count: int) -> None:
        beats[0] = count

    found, why = explore_on(
        request.carrier,
        control,
        test,
        strategy=request.strategy,
        schedules=request.schedules,
        seconds=request.seconds,
        seed=request.seed,
        done=beat,
    )
    error = None if found.failure is None else found.failure.error
    shown = {**asdict(found), "shared": control.shared, "why": why}
    if shown["failure"] is not None:
        shown["failure"].pop("error")
        shown["failure"]["traceback"] = "" if error is None else _shown(error)
    return shown


def _shown(error: BaseException) -> str:
    """Its traceback, without our own frames."""
    ours = str(Path(__file__).parent)
    frames = [
        one
        for one in traceback.extract_tb(error.__traceback__)
        if not one.filename.startswith(ours)
    ]
    return "".join(traceback.format_list(frames)) + "".join(traceback.format_exception_only(error))


def _test(name: str, end: Callable[[dict[str, object]], None]) -> Callable[[], object]:
    module_name, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in path.split("."):
            found = getattr(found, part)
    except BaseException as error:  # noqa: BLE001 - whatever an import does, it is told
        end({"problem": f"{name} cannot be had: {type(error).__name__}: {error}"})
    if not callable(found):
        end({"problem": f"{name} cannot be called"})
    test: Callable[[], object] = found
    return test


_SHORT = 2.0
"""Seconds. Who waits so long on greenlets needs threads of the system, if they may be had."""

_WAITS = 0.2
"""Seconds of a processor: a process that has used no more has waited, and not computed."""


def _watch_over(
    control: Control, request: Request, end: Callable[[dict[str, object]], None]
) -> list[int]:
    """End the process if an execution comes to no end: it waits for what is not controlled.

    Returns:
        Where to count the executions.
    """
    beats = [0]
    main_thread = threading.get_ident()

    def patience(computed: float) -> float:
        may_change = request.carrier == "auto" and control.carrier != "threads"
        is_short = may_change and computed < _WAITS
        return min(_SHORT, request.patience) if is_short else request.patience

    def where() -> str:
        frames, thread = sys._current_frames(), control.occupied  # noqa: SLF001 - where they are
        of = main_thread if thread is None or control.carrier != "threads" else thread.ident
        return _where(frames.get(of))

    def look() -> None:
        last, since, computed = (beats[0], control.moves), time.monotonic(), time.process_time()
        while True:
            time.sleep(0.2)
            now = beats[0], control.moves
            if now != last:
                last, since, computed = now, time.monotonic(), time.process_time()
            elif time.monotonic() - since > patience(time.process_time() - computed):
                end({"hung": where(), "executions": beats[0], "carrier": control.carrier})

    threading.Thread(target=look, daemon=True).start()
    return beats


def _where(frame: Any) -> str:  # noqa: ANN401 - a frame
    """The innermost call that is not ours."""
    ours = str(Path(__file__).parent)
    while frame is not None and frame.f_code.co_filename.startswith(ours):
        frame = frame.f_back
    return (
        ""
        if frame is None
        else f"{frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_qualname})"
    )


if __name__ == "__main__":
    main()
