"""Ask all interpreters of this machine what they are, at the same time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from ungil.cache import Cache, Shelf
from ungil.findings import printable
from ungil.interpreters.ask import GIL_VARIABLE
from ungil.interpreters.candidates import Candidate, candidates, identity
from ungil.interpreters.probe import (
    Answer,
    Interpreter,
    InterpreterError,
    answer_of,
    interpreter_of,
)
from ungil.target import PythonVersion

__all__ = ["Known", "Unusable", "survey"]

_FORMAT = "interpreters-1"  # to be raised with every change of what is stored
_SECONDS = 10.0  # for each; one that is not broken takes 0.1
# More than there are processors: those that hang only wait.
_WORKERS = 16


@dataclass(frozen=True, slots=True)
class Unusable:
    """What is on this machine in the place of an interpreter.

    Attributes:
        path: Its program.
        reason: What is the matter; goes on a sentence that begins with the path.
    """

    path: Path
    reason: str


class Memory(Protocol):
    """What interpreters have answered before."""

    def recall(self, path: Path) -> Answer | None:
        """The answer, if the file is still the one that gave it."""

    def keep(self, path: Path, answer: Answer) -> None:
        """Remember the answer."""


class _Kept(msgspec.Struct, array_like=True):
    modified: int
    size: int
    answer: Answer


class Known:
    """What interpreters have answered before, on disk.

    One entry for each path and value of PYTHON_GIL, which holds as long as
    the file (what links lead to) has the same time and size. A damaged one
    counts for nothing and is written anew.

    Scripts are not kept: what a shim starts depends on more than its file.
    Neither are failures, be it a crash or the time limit: what was missing may
    be there the next time, and the machine less busy.
    """

    def __init__(self, directory: Path) -> None:
        """Nothing is read or written yet.

        Args:
            directory: Where all that ungil keeps is.
        """
        self._shelf = Shelf(Cache(directory, _FORMAT), "answers", _Kept)

    def recall(self, path: Path) -> Answer | None:
        """See `Memory.recall`."""
        kept = self._shelf.get(self._key(path))
        if kept is None or (kept.modified, kept.size) != self._state(path):
            return None
        return kept.answer

    def keep(self, path: Path, answer: Answer) -> None:
        """See `Memory.keep`."""
        modified, size = self._state(path)
        self._shelf.put(self._key(path), _Kept(modified, size, answer))

    @staticmethod
    def _key(path: Path) -> str:
        return f"{os.environ.get(GIL_VARIABLE)}\0{os.fsencode(path)!r}"

    @staticmethod
    def _state(path: Path) -> tuple[int, int]:
        try:
            stat = path.stat()
        except OSError:
            return (-1, -1)
        return (stat.st_mtime_ns, stat.st_size)


class _Forgetful:
    """Remembers nothing."""

    def recall(self, path: Path) -> Answer | None:  # noqa: ARG002 - as in `Memory`
        return None

    def keep(self, path: Path, answer: Answer) -> None:
        pass


def survey(
    python: PythonVersion | None = None,
    *,
    memory: Memory | None = None,
    seconds: float = _SECONDS,
    progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
) -> list[Interpreter | Unusable]:
    """Every interpreter of this machine, and what is broken in its place.

    Newest first, free-threaded before GIL-enabled ones, otherwise as PATH
    has them; what is broken comes last.

    Args:
        python: Leave out those whose names say that they are of another series.
        memory: What was answered before; None asks all of them.
        seconds: The time limit for each.
        progress: Told how many have been asked.
    """
    found = candidates(python)
    cancelled = threading.Event()
    memory = memory or _Forgetful()

    def look(candidate: Candidate) -> Interpreter | Unusable:
        return _look(candidate, memory, seconds, cancelled)

    rows: list[Interpreter | Unusable] = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        try:
            for row in pool.map(look, found):
                rows.append(row)
                progress("Asking interpreters", len(rows), len(found))
        except BaseException:
            cancelled.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return _ordered(_distinct(list(zip(found, rows, strict=True))))


def _look(
    candidate: Candidate, memory: Memory, seconds: float, cancelled: threading.Event
) -> Interpreter | Unusable:
    path = candidate.path
    if candidate.broken:
        # Not `readlink`: the last of several links is the one that is wrong.
        return Unusable(path, f"is a broken link to {printable(os.path.realpath(path))}")
    label = printable(str(path))
    try:
        answer = memory.recall(path)
        if answer is None:
            answer = answer_of(path, label, seconds=seconds, cancelled=cancelled)
            if not candidate.is_script:
                memory.keep(path, answer)
        return interpreter_of(answer, label)
    except InterpreterError as error:
        return Unusable(path, error.reason)


def _distinct(
    pairs: Sequence[tuple[Candidate, Interpreter | Unusable]],
) -> list[Interpreter | Unusable]:
    """Without the launchers of interpreters that are there anyway."""
    owners: dict[tuple[object, ...], Candidate] = {}
    for candidate, row in sorted(pairs, key=lambda pair: pair[0].is_script):
        if isinstance(row, Interpreter):
            owners.setdefault(identity(row.path), candidate)
    return [
        row
        for candidate, row in pairs
        if isinstance(row, Unusable) or owners[identity(row.path)] is candidate
    ]


def _ordered(rows: Iterable[Interpreter | Unusable]) -> list[Interpreter | Unusable]:
    rows = list(rows)
    good = [row for row in rows if isinstance(row, Interpreter)]
    # Sorting keeps the order of equals, in reverse as well.
    good.sort(key=lambda one: (one.version, one.python.free_threaded), reverse=True)
    return [*good, *(row for row in rows if isinstance(row, Unusable))]
