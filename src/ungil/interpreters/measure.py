"""Run the work in interpreters, and read the clocks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from ungil.findings import printable
from ungil.interpreters.ask import GIL_VARIABLE, ask
from ungil.interpreters.judge import Pair, Round, Run
from ungil.interpreters.probe import Interpreter

__all__ = ["MeasurementError", "measure_pairs", "measure_rounds", "processors"]

_WORK = Path(__file__).with_name("work.py")
_PAIRS = 7
_STARTING = 0.4  # seconds from which on two processes work at the same time
_LIMIT = 30.0  # seconds for a process that takes less than one

ROUNDS = 3
SECONDS = 0.25
"""For each measurement; the clocks are a thousand times finer."""

T = TypeVar("T")
Progress = Callable[[str, int, int], None]


class MeasurementError(Exception):
    """The work did not run; the message is one line."""


class _Counted(msgspec.Struct):
    units: float
    cpu: float
    wall: float


class _Alone(_Counted):
    began: float
    ended: float


class _Threads(msgspec.Struct):
    one: _Counted
    two: _Counted


class _AloneReport(msgspec.Struct):
    result: _Alone


class _ThreadsReport(msgspec.Struct):
    gil: bool
    result: _Threads


def processors() -> int:
    """How many we may use; a container's quota of time is not among what is counted."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def measure_rounds(interpreter: Interpreter, progress: Progress) -> tuple[list[Round], bool]:
    """Two threads and two processes, several times; and whether the GIL was on.

    Raises:
        MeasurementError: The work did not run.
    """
    rounds: list[Round] = []
    gil = False
    for number in range(ROUNDS):
        progress("Two threads at once", number, ROUNDS)
        report = _run(interpreter, _ThreadsReport, "threads", SECONDS)
        gil = gil or report.gil
        one, two = report.result.one, report.result.two
        rounds.append(
            Round(
                two.cpu / two.wall if two.wall else 0.0,
                _two_processes(interpreter),
                (two.units / two.wall) / (one.units / one.wall) if one.units else 0.0,
            )
        )
    return rounds, gil


def measure_pairs(
    free_threaded: Interpreter, gil_enabled: Interpreter, progress: Progress
) -> list[Pair]:
    """The same work on both builds in turns, so that what drifts meets both.

    Raises:
        MeasurementError: The work did not run.
    """
    pairs: list[Pair] = []
    for number in range(_PAIRS):
        progress("One thread on both builds", number, _PAIRS)
        pairs.append(Pair(_one(free_threaded), _one(gil_enabled)))
    return pairs


def _one(interpreter: Interpreter) -> Run:
    result = _run(interpreter, _AloneReport, "alone", SECONDS, 0).result
    return Run(result.units, result.cpu, result.wall)


def _two_processes(interpreter: Interpreter) -> float:
    """How many processors two processes keep busy at the same time."""
    at = time.time() + _STARTING
    with ThreadPoolExecutor(2) as pool:
        running = [
            pool.submit(_run, interpreter, _AloneReport, "alone", SECONDS, at) for _ in range(2)
        ]
        results = [one.result().result for one in running]
    wall = max(r.ended for r in results) - min(r.began for r in results)
    return sum(r.cpu for r in results) / wall if wall > 0 else 0.0


def _run(interpreter: Interpreter, report: type[T], *arguments: object) -> T:
    # The GIL is as the user has it, but a GIL-enabled build does not start
    # where it is told to switch it off.
    gil = os.environ.get(GIL_VARIABLE) if interpreter.python.free_threaded else None
    label = printable(str(interpreter.path))
    try:
        finished = ask(
            interpreter.path, _work(), *map(str, arguments), seconds=_LIMIT, gil=gil or None
        )
    except OSError as error:
        raise MeasurementError(f"{label} cannot be run: {error.strerror}") from None
    if finished.code != 0:
        said = f" ({finished.complaint})" if finished.complaint else ""
        raise MeasurementError(f"{label} ended the work with {finished.ending}{said}")
    try:
        return msgspec.json.decode(finished.output, type=report)
    except (msgspec.DecodeError, RecursionError):
        raise MeasurementError(f"{label} did not report what it measured") from None


@cache
def _work() -> str:
    return _WORK.read_text("utf-8")
