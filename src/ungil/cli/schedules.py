"""Schedules that a process found, as findings show them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from ungil.findings import Location, Turn

__all__ = ["file_named", "turns"]


def file_named(name: str) -> Path:
    """Where the schedule of a test or a finding is kept; the next one of it, too."""
    return Path(".ungil", f"{re.sub(r'[^A-Za-z0-9]+', '-', name).strip('-')[:120]}.schedule.json")


def turns(steps: Sequence[tuple[str, Sequence[tuple[str, int, str]]]]) -> tuple[Turn, ...]:
    """What each thread does; what it does twice in a row, once."""
    return tuple(
        Turn(thread, text, Location(_below(path), line))
        for thread, lines in steps
        for (path, line, text), _ in groupby(lines)
    )


def _below(path: str) -> str:
    """A path as a person in this folder would write it."""
    file = Path(path)
    return file.relative_to(Path.cwd()).as_posix() if file.is_relative_to(Path.cwd()) else path
