"""Find a free-threaded interpreter."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ungil.interpreters.probe import Interpreter, InterpreterError, probe
from ungil.target import parse_python

__all__ = ["find_free_threaded"]

_MINORS = (15, 14, 13)  # PEP 703: 3.13 was the first; newest first


def find_free_threaded(version: str | None = None) -> Interpreter | None:
    """The first free-threaded CPython of PATH, or the one that runs this.

    `python3.15t` is the name CPython's own installers give the program; a
    virtual environment or a private build may call it `python3.15` only, so
    that is asked as well. The newest series comes first.

    Args:
        version: A series, e.g. `3.14` or `3.14t`; None for any.

    Returns:
        None if there is none.

    Raises:
        TargetError: `version` is no Python version.
    """
    wanted = parse_python(version) if version else None
    for program in _candidates([wanted.minor] if wanted else list(_MINORS)):
        try:
            found = probe(program)
        except InterpreterError:
            continue  # a shim whose version is not installed, a broken link
        fits = wanted is None or found.python.number == wanted.number
        if found.python.free_threaded and fits:
            return found
    return None


def _candidates(minors: list[int]) -> Iterator[str]:
    for minor in minors:
        for name in (f"python3.{minor}t", f"python3.{minor}"):
            for folder in os.get_exec_path():
                # Not `which(name)` alone: on Windows it looks into the working
                # directory first, and so does an empty entry of PATH. That is
                # where a project lies that nobody has judged yet.
                if Path(folder).is_absolute() and (found := shutil.which(Path(folder, name))):
                    yield found
    if sys.executable:
        yield sys.executable
