"""Read the journal of a run; `ungil.runtime.journal` says what is in it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

__all__ = ["Created", "Journal", "Process", "read_journal"]

_LONGEST = 1 << 20  # bytes of a line: room for a chain of thousands of imports


class Started(msgspec.Struct, frozen=True, array_like=True, tag="start"):
    """An interpreter came to life, or a process was forked."""

    pid: int
    interpreter: int
    time: float
    forked_from: int | None
    release: str
    free_threaded: bool
    enabled: bool
    forced_by: str | None


class Imported(msgspec.Struct, frozen=True, array_like=True):
    """One import of the chain that led to a module."""

    module: str
    file: str
    line: int | None
    function: str


class Switched(msgspec.Struct, frozen=True, array_like=True):
    """The GIL came on."""

    module: str
    certain: bool
    file: str | None


class Created(msgspec.Struct, frozen=True, array_like=True, tag="module"):
    """An extension module was created, or could not be."""

    pid: int
    interpreter: int
    time: float
    thread: str
    name: str
    file: str | None
    seconds: float
    failed: bool
    enabled: bool
    chain: tuple[Imported, ...]
    switch: Switched | None


class Ended(msgspec.Struct, frozen=True, array_like=True, tag="end"):
    """An interpreter ended in the ordinary way."""

    pid: int
    interpreter: int
    time: float
    enabled: bool


@dataclass
class Process:
    """One interpreter of one process.

    Attributes:
        started: How it stood when it began.
        created: The extension modules, in the order in which they were.
        ended: How it stood at its end; None if that was not seen.
    """

    started: Started
    created: list[Created] = field(default_factory=list)
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class Journal:
    """Everything that was written down.

    Attributes:
        processes: The first is the program itself.
        damaged: How many lines cannot be read.
    """

    processes: tuple[Process, ...]
    damaged: int = 0


_Line = Started | Created | Ended


def read_journal(path: Path) -> Journal:
    """Read the journal of a program that has ended.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as stream:
        return _journal(iter(lambda: stream.readline(_LONGEST), b""))


def _journal(lines: Iterable[bytes]) -> Journal:
    processes: dict[tuple[int, int], list[Process]] = {}
    damaged = 0
    for text in lines:
        line = _line(text)
        known = processes.setdefault((line.pid, line.interpreter), []) if line else []
        if isinstance(line, Started):
            known.append(Process(line))  # the system gives numbers again
        elif line is None or not known:
            damaged += 1
        elif isinstance(line, Created):
            known[-1].created.append(line)
        else:
            known[-1].ended = line
    everyone = (process for group in processes.values() for process in group)
    return Journal(tuple(sorted(everyone, key=lambda process: process.started.time)), damaged)


def _line(text: bytes) -> _Line | None:
    try:
        value = ast.literal_eval(text.decode("ascii").strip())
        line: _Line = msgspec.convert(value, type=_Line)
    # The program can write there too, so it may be anything.
    except (ValueError, SyntaxError, RecursionError, MemoryError, msgspec.ValidationError):
        return None
    return line
