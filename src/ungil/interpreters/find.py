"""Find the best interpreter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ungil.interpreters.probe import Interpreter
from ungil.interpreters.survey import Memory, Unusable, survey
from ungil.target import PythonVersion, parse_python

__all__ = ["best", "find", "find_free_threaded"]


def find(version: str | None = None, *, memory: Memory | None = None) -> Interpreter | None:
    """The best interpreter of this machine.

    Args:
        version: A series with its build, e.g. `3.14t`, or `3.14` for the
            GIL-enabled one; None for any that is free-threaded.
        memory: See `survey`.

    Returns:
        None if there is none.

    Raises:
        TargetError: `version` is no Python version.
    """
    wanted = parse_python(version) if version is not None else None
    return best(survey(wanted, memory=memory), wanted)


def find_free_threaded(version: str | None = None) -> Interpreter | None:
    """The best free-threaded CPython of this machine.

    Args:
        version: A series, `3.14` meaning the same as `3.14t`; None for any.

    Returns:
        None if there is none.

    Raises:
        TargetError: `version` is no Python version.
    """
    wanted = replace(parse_python(version), free_threaded=True) if version else None
    return best(survey(wanted), wanted)


def best(
    rows: Iterable[Interpreter | Unusable], python: PythonVersion | None
) -> Interpreter | None:
    """The one to take: as people use it, released, the newest, first on PATH.

    Args:
        rows: As `survey` has them, those that come first on PATH before
            others of the same release.
        python: The series and build; None for any that is free-threaded.
    """
    fitting = [
        row
        for row in rows
        if isinstance(row, Interpreter)
        and (row.python.free_threaded if python is None else row.python == python)
    ]
    # Of equals `max` takes the first.
    return max(
        fitting,
        key=lambda one: (one.plain, not one.version.is_prerelease, one.version),
        default=None,
    )
