"""Which interpreter runs the program."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ungil.findings import printable
from ungil.interpreters import Interpreter, InterpreterError, find, probe
from ungil.target import TargetError, names_a_series

__all__ = ["NoInterpreterError", "choose"]

_PROGRAMS = ("bin/python", "Scripts/python.exe")


class NoInterpreterError(Exception):
    """There is no interpreter as asked for; the message is one line."""


def choose(python: str | None, folder: Path) -> Interpreter:
    """The interpreter to run a program with.

    If none is asked for: a free-threaded one, first of all that of the
    environment the user is in, which has the program's dependencies; then the
    best one of this machine. Where there is none at all, the one that runs this.

    Args:
        python: A series such as `3.14t`, a program, a name on PATH, or the
            folder of a virtual environment; None for none.
        folder: The working directory, which may have a `.venv`.

    Raises:
        NoInterpreterError: There is none as asked for.
    """
    if python is not None:
        return _asked_for(python)
    for program in _of_the_environment(folder):
        try:
            interpreter = probe(program)
        except InterpreterError:
            continue
        if interpreter.python.free_threaded:
            return interpreter
    best = find()
    if best is not None:
        return best
    try:
        return probe(sys.executable)
    except InterpreterError as error:
        raise NoInterpreterError(f"{error}; name one with --python") from None


def _asked_for(python: str) -> Interpreter:
    if names_a_series(python):
        return _of_series(python)
    program = next((p for p in _in(Path(python)) if p.exists()), Path(python))
    try:
        return probe(python if program == Path(python) else program)
    except InterpreterError as error:
        raise NoInterpreterError(
            f"{printable(str(error))}; name a program, or a series such as 3.14t"
        ) from None


def _of_series(version: str) -> Interpreter:
    try:
        found = find(version)
    except TargetError as error:
        raise NoInterpreterError(str(error)) from None
    if found is None:
        raise NoInterpreterError(
            f"there is no Python {version} on this machine; `ungil python list` shows those that "
            "are there, and `ungil python install` gets a free-threaded one"
        )
    return found


def _of_the_environment(folder: Path) -> Iterator[Path]:
    if sys.executable:
        yield Path(sys.executable)
    environments = [Path(os.environ.get("VIRTUAL_ENV", "")), folder / ".venv"]
    for environment in environments:
        if environment.is_absolute():
            yield from (program for program in _in(environment) if program.exists())


def _in(environment: Path) -> list[Path]:
    return [environment / program for program in _PROGRAMS]
