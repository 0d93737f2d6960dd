"""The journal of a watched run: written as things are found, so that a kill loses nothing.

One file for each process, one line of JSON for each thing that was found, written in one
piece. A line that a kill cut off is the last one, and is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ungil.races.observed import Blocked, Compound, Conflict, Cycle, Observation, Side
from ungil.races.trace import Mode, Site, Touch

__all__ = ["ENDED", "Record", "Writer", "observation", "read"]

Record = list[Any]
"""What it is (`conflict`, `watched`, …), and then the parts of it."""

ENDED = "ended"
"""The last record of a process that ended as a program should."""

SUFFIX = ".races"

_CUT_SHORT = "The program was ended from outside, or by os._exit; what was seen until then is here."


class Writer:
    """Writes the journal of this process."""

    def __init__(self, folder: Path) -> None:
        """Open it.

        Raises:
            OSError: The folder cannot be written to.
        """
        path = folder / f"{os.getpid()}{SUFFIX}"
        # Kept away from the numbers that the program's own files get.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._descriptor = _moved_up(descriptor)
        self._process = os.getpid()

    def __call__(self, record: Record) -> None:
        """Write one record; a full disk, or a program that closed the file, ends it."""
        if os.getpid() != self._process:
            return  # a child that was forked; its parent's journal is not its own
        try:
            os.write(self._descriptor, (json.dumps(record) + "\n").encode())
        except OSError:
            return


def _moved_up(descriptor: int) -> int:
    try:
        import fcntl  # noqa: PLC0415 - not everywhere
    except ImportError:
        return descriptor
    try:
        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 200)
    except OSError:
        return descriptor  # fewer files than that are allowed
    os.close(descriptor)
    return moved


def read(folder: Path) -> Observation:
    """What the processes of a run found; of those that were killed, until then."""
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        records = list(_records(path))
        if not any(record[0] == ENDED for record in records):
            records.append(["problem", _CUT_SHORT])
        found.append(observation(records))
    return Observation(
        conflicts=tuple(one for each in found for one in each.conflicts),
        compounds=tuple(one for each in found for one in each.compounds),
        cycles=tuple(one for each in found for one in each.cycles),
        blocked=tuple(one for each in found for one in each.blocked),
        watched=tuple(dict.fromkeys(one for each in found for one in each.watched)),
        unwatched=tuple(dict.fromkeys(one for each in found for one in each.unwatched)),
        problems=tuple(dict.fromkeys(one for each in found for one in each.problems)),
        unsafe_tests=tuple(dict.fromkeys(one for each in found for one in each.unsafe_tests)),
    )


def _records(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        for line in file:
            try:
                record = json.loads(line)
            except ValueError:
                continue  # a kill or a full disk cut it off
            if isinstance(record, list) and record:
                yield record


def observation(records: Iterable[Record]) -> Observation:
    """Make of records what they say."""
    touches: dict[int, Touch] = {}
    found: dict[str, list[Any]] = {}
    test = ""
    for what, *parts in records:
        if what == "touch":
            number, site, form, mode, name, function, clears = parts
            touches[number] = Touch(Site(*site), form, Mode(mode), name, function, (), clears)
        elif what == "test":
            (test,) = parts
        elif what in _DECODED:
            made = _DECODED[what](touches, *parts)
            if isinstance(made, Conflict | Cycle):
                made = replace(made, test=test)
            found.setdefault(what, []).append(made)
    # What was handed over later on is no mutex, and was none before.
    handed = set(found.get("handed", ()))
    return Observation(
        conflicts=tuple(found.get("conflict", ())),
        compounds=tuple(found.get("compound", ())),
        cycles=tuple(one for one in found.get("cycle", ()) if handed.isdisjoint(one.locks)),
        blocked=tuple(found.get("blocked", ())),
        watched=tuple(found.get("watched", ())),
        unwatched=tuple(found.get("unwatched", ())),
        problems=tuple(found.get("problem", ())),
        unsafe_tests=tuple(found.get("unsafe", ())),
    )


Touches = dict[int, Touch]


def _side(touches: Touches, parts: list[Any]) -> Side:
    number, thread, locks, stack = parts
    return Side(touches[number], thread, tuple(locks), tuple(Site(*one) for one in stack))


def _conflict(touches: Touches, *parts: Any) -> Conflict:  # noqa: ANN401 - JSON
    first, second, owner, kind, part, first_mode, second_mode, iterates, exclusive = parts
    return Conflict(
        _side(touches, first),
        _side(touches, second),
        owner,
        kind,
        part,
        Mode(first_mode),
        Mode(second_mode),
        (iterates[0], iterates[1]),
        exclusive=exclusive,
    )


def _cycle(_: Touches, steps: list[list[Any]], threads: list[str], locks: Sequence[int]) -> Cycle:
    made = tuple((held, taken, Site(*one), Site(*other)) for held, taken, one, other in steps)
    return Cycle(made, tuple(threads), tuple(locks))


_DECODED: dict[str, Callable[..., object]] = {
    "conflict": _conflict,
    "compound": lambda touches, read, act, how, parted: Compound(
        touches[read], touches[act], how, parted=parted
    ),
    "cycle": _cycle,
    "handed": lambda _, lock: lock,
    "blocked": lambda _, site, what, locks: Blocked(Site(*site), what, tuple(locks)),
    "watched": lambda _, name: name,
    "unwatched": lambda _, name: name,
    "problem": lambda _, sentence: sentence,
    "unsafe": lambda _, test, reason: (test, reason),
}
