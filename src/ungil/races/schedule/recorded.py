"""A schedule as a file: which thread goes on at each choice, and what it showed.

It holds no address, no time and no bytecode: threads by their descent (`0.2` is the second
that the main thread started), and how often in a row each was chosen where more than one
could go on. Places in the source are named as they are found anywhere (see `Place`). So it can
be followed on another machine and another version of Python, as long as the program does the
same there.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from ungil.races.candidate import KINDS, Candidate
from ungil.races.schedule.request import candidate_from
from ungil.races.settings import Settings

__all__ = ["Recorded", "RecordedError", "Watched", "read_recorded", "write_recorded"]

_FORMAT = "ungil schedule 2"
_OLD = "ungil schedule 1"
"""In which a place outside of the project had the path that its file had on one machine."""


class RecordedError(ValueError):
    """A file that is no schedule; the message is one line."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What of `Settings` decides where the choices are, and is the same on any machine."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include_stdlib: bool = False
    together: int = 1

    @classmethod
    def of(cls, settings: Settings) -> Watched:
        """As these are."""
        return cls(settings.include, settings.exclude, settings.include_stdlib, settings.together)

    @classmethod
    def read(cls, read: dict[str, Any]) -> Watched:
        """Of JSON."""
        return cls(**{**read, "include": (*read["include"],), "exclude": (*read["exclude"],)})

    def on(self, settings: Settings) -> Settings:
        """These, as far as they are not this."""
        return replace(settings, **asdict(self))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A schedule, and how a test failed in it.

    Attributes:
        program: A script, `-m` and a module, or `module:function`, with what they are given.
        kind: `failed`, `deadlock`, `livelock` or `harm`.
        text: The exception, or who waits for what.
        choices: The paths of the threads that were chosen, one after the other.
        shared: Where the source touches what threads share: there one is chosen.
        only: The only test that is run, of a run of pytest; empty for all.
        candidate: What it shows; None for a failure alone.
        python: The version that it failed on.
        carrier: What its threads ran on: `greenlets` or `threads`.
        watched: What was watched; None for what is configured.
        fixed: Is one chosen at no other places, whatever else turns out to be shared?
    """

    program: tuple[str, ...]
    kind: str
    text: str
    choices: tuple[str, ...]
    shared: tuple[tuple[str, int, str], ...] = ()
    only: str = ""
    candidate: Candidate | None = None
    python: str = platform.python_version()
    carrier: str = "greenlets"
    watched: Watched | None = None
    fixed: bool = False


def write_recorded(recorded: Recorded, file: Path) -> None:
    """Write a schedule; the file is there as a whole, or not at all.

    Raises:
        OSError: It cannot be written.
    """
    whole = {"format": _FORMAT, **asdict(recorded), "choices": _runs(recorded.choices)}
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        part.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def read_recorded(file: Path) -> Recorded:
    """Read a schedule.

    Raises:
        RecordedError: It is none.
        OSError: It cannot be read.
    """
    try:
        whole: Any = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise RecordedError(f"it is no JSON: {error}") from None
    if not isinstance(whole, dict) or not _is_format(whole.get("format")):
        raise RecordedError(f"it is no schedule: it has no format {_FORMAT!r}")
    is_old = whole.pop("format") == _OLD
    runs, shared = whole.pop("choices", None), whole.pop("shared", None)
    program, candidate = whole.pop("program", None), whole.pop("candidate", None)
    watched, fixed = whole.pop("watched", None), whole.pop("fixed", False)
    texts = {one: whole.get(one) for one in ("kind", "text", "only", "python")}
    texts["carrier"] = whole.get("carrier", "greenlets")
    wrong = [one for one, value in texts.items() if not isinstance(value, str)]
    if wrong:
        raise RecordedError(f"{wrong[0]!r} is no text in it")
    if not isinstance(program, list) or not program or not all(map(_is_text, program)):
        raise RecordedError("it names no program")
    if candidate is not None and not _is_candidate(candidate):
        raise RecordedError("'candidate' is nothing that a schedule could show")
    if watched is not None and not _is_watched(watched):
        raise RecordedError("'watched' does not say what is to be watched")
    if not isinstance(runs, list) or not all(map(_is_run, runs)):
        raise RecordedError("'choices' are no pairs of a thread and how often it was chosen")
    if not isinstance(shared, list) or not all(map(_is_place, shared)):
        raise RecordedError("'shared' are no places in a source")
    places = tuple((path, line, text) for path, line, text in shared)
    if is_old and any(Path(path).is_absolute() for path, _, _ in places):
        raise RecordedError(
            "an earlier version of ungil wrote it, with paths of one machine; explore once more"
        )
    choices = tuple(path for path, count in runs for _ in range(count))
    return Recorded(
        program=tuple(program),
        choices=choices,
        shared=places,
        candidate=None if candidate is None else candidate_from(candidate),
        watched=None if watched is None else Watched.read(watched),
        fixed=fixed is True,
        **{one: str(value) for one, value in texts.items()},
    )


def _runs(choices: Sequence[str]) -> list[list[object]]:
    return [[path, len(list(those))] for path, those in groupby(choices)]


def _is_format(name: object) -> bool:
    return isinstance(name, str) and name in {_FORMAT, _OLD}


def _is_text(part: object) -> bool:
    return isinstance(part, str) and bool(part)


def _is_candidate(candidate: object) -> bool:
    match candidate:
        case {"kind": str(kind), "spots": [*spots]}:
            return len(spots) in KINDS.get(kind, ()) and all(map(_is_spot, spots))
    return False


def _is_watched(watched: object) -> bool:
    match watched:
        case {
            "include": [*include],
            "exclude": [*exclude],
            "include_stdlib": bool(),
            "together": int(together),
            **others,
        }:
            return not others and together > 0 and all(map(_is_text, [*include, *exclude]))
    return False


def _is_spot(spot: object) -> bool:
    match spot:
        case [str(), int(), str(), str(), str()]:
            return True
    return False


def _is_place(place: object) -> bool:
    match place:
        case [str(), int(), str()]:
            return True
    return False


_MOST = 1_000_000


def _is_run(run: object) -> bool:
    match run:
        case [str(), int(count)]:
            return 0 < count < _MOST and not isinstance(count, bool)
    return False
