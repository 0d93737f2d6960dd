"""What is suspected, and where, as plain data: from what was judged to what confirms it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ungil.races.scope import is_library
from ungil.races.trace import Touch

__all__ = ["KINDS", "Candidate", "Place", "Spot", "place_of", "spot_of"]

Place = tuple[str, int, str]
"""The file, the line and the text, so that it is found again on another machine: a file of
the project by its path below the working directory, any other by how it is imported."""

_IMPORTED = "<sys.path>"


class Spot(NamedTuple):
    """A touch, told from others of the same text.

    Attributes:
        path: Of the file.
        line: Counted from 1.
        text: The expression.
        form: As `Touch.form`.
        mode: The value of `Touch.mode`.
    """

    path: str
    line: int
    text: str
    form: str
    mode: str


KINDS = {
    "step": (2, 3),
    "stack": (2,),
    "twice": (1,),
    "order": (2,),
    "torn": range(4, 1000, 2),
    "deadlock": range(1, 1000),
}
"""Of candidates, and how many spots each can have."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is suspected.

    Attributes:
        kind: `step`: between its first two spots another thread writes what was used at the
            first, perhaps at the third;
            `stack`: what a thread puts on top at the first spot is taken away at the second by
            another, in the place of its own;
            `twice`: two threads do what is at its spot, and each means to be the only one;
            `order`: the second spot comes before the first, or, where they are one, a later
            thread before an earlier one;
            `torn`: spots come in pairs, of a writing and a reading; what is written in one
            go is read in one go, partly before and partly after;
            `deadlock`: threads wait for each other, at these spots.
        spots: Where.
    """

    kind: str
    spots: tuple[Spot, ...]


def place_of(touch: Touch) -> Place:
    """Where a touch is."""
    path, line, text = touch.site
    return _anywhere(path, os.getcwd()), line, text  # noqa: PTH109 - for a key, and of many touches


@lru_cache(maxsize=1024)
def _anywhere(path: str, here: str) -> str:
    """A file by a name that does not tell on which machine it is."""
    file = Path(path)
    if file.is_relative_to(here) and not is_library(path):
        return file.relative_to(here).as_posix()
    # By its packages alone: what is in `sys.path` differs between processes of one run.
    top = file
    while (top.parent / "__init__.py").exists():
        top = top.parent
    return f"{_IMPORTED}/{file.relative_to(top.parent).as_posix()}"


def spot_of(touch: Touch) -> Spot:
    """Which one it is."""
    return Spot(*place_of(touch), touch.form, touch.mode.value)
