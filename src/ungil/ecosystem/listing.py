"""LIST -> names: a file of names, a project, a lock, or the most downloaded packages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name

from ungil import project
from ungil.ecosystem.reading import ListError, read_text
from ungil.findings import printable
from ungil.target import Target

__all__ = ["TOP_LIST", "names_in", "top_count", "top_names"]

TOP_LIST = "https://hugovk.github.io/top-pypi-packages/top-pypi-packages.min.json"
"""The 15,000 packages that were downloaded most in a month, rebuilt monthly; the list
that the published tracker counts (https://github.com/hugovk/top-pypi-packages)."""


class _Row(msgspec.Struct):
    project: str | None = None
    name: str | None = None


class _Saved(msgspec.Struct):
    """What lists in JSON have in common.

    `rows` with `project` are those of the list of the most downloaded packages, `data`
    with `name` those of the published tracker's results, and `packages` with `name` those
    of a report of our own.
    """

    rows: list[_Row] = []
    data: list[_Row] = []
    packages: list[_Row] = []


def top_count(text: str) -> int | None:
    """How many a list such as `top:360` asks for; None if it is no such list.

    Raises:
        ListError: It asks for none, or for no number.
    """
    if not text.startswith("top:"):
        return None
    count = text.removeprefix("top:")
    if not re.fullmatch(r"[1-9][0-9]{0,5}", count):
        raise ListError(printable(f"{text!r} asks for no number of packages; write e.g. top:360"))
    return int(count)


def top_names(count: int, place: str, fetch: Callable[[str], bytes]) -> list[str]:
    """The most downloaded packages.

    Args:
        count: How many.
        place: Where the list is: an HTTP address, or a saved copy's path.
        fetch: Reads an address.

    Raises:
        ListError: The list cannot be read, or is shorter.
    """
    if re.match(r"https?://", place):
        names = _names_in_json(fetch(place).decode("utf-8", "replace"), place)
    else:
        path = Path(place).expanduser()
        names = _names_in_json(read_text(path), str(path))
    if len(names) < count:
        raise ListError(printable(f"{place}: has only {len(names)} packages, and not {count}"))
    return names[:count]


def names_in(text: str, targets: Iterable[Target], cwd: Path) -> tuple[list[str], list[str]]:
    """The names in whatever `text` names, in its order.

    JSON (a saved list, a result of the published tracker, a report of our own), a file of
    names with any other suffix than those of requirements and locks, or everything that
    `ungil check` reads.

    Returns:
        The names, normalised and each once, and notes about what was passed over.

    Raises:
        ListError: It cannot be read, or there is no name in it.
        SubjectError: `ungil check` could not read it either.
    """
    path = cwd / text
    notes: list[str] = []
    if path.suffix == ".json" and path.name != "Pipfile.lock":
        names = _names_in_json(read_text(path), text)
    elif path.is_file() and path.suffix not in _OF_CHECK:
        names = _names_in_lines(read_text(path), text)
    else:
        names, notes = _names_of_subject(text, targets, cwd)
    if not names:
        raise ListError(printable(f"{text}: names no package"))
    return names, notes


_OF_CHECK = {".txt", ".in", ".toml", ".lock", ".whl", ".gz", ".zip"}


def _names_in_json(text: str, where: str) -> list[str]:
    try:
        saved = msgspec.json.decode(text, type=_Saved)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ListError(printable(f"{where}: is no list of packages in JSON ({error})")) from None
    rows = [*saved.rows, *saved.data, *saved.packages]
    if not rows:
        raise ListError(printable(f"{where}: has no rows, data or packages that are named"))
    return _normalised((row.project or row.name or "" for row in rows), where)


def _names_in_lines(text: str, where: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return _normalised((line for line in lines if line), where)


_LONGEST = 200  # characters of a name; no file system would take its files


def _normalised(texts: Iterable[str], where: str) -> list[str]:
    found: dict[str, None] = {}
    for text in texts:
        name = _name_in(text)
        if name is None:
            shown = text if len(text) < 60 else f"{text[:60]}…"
            raise ListError(printable(f"{where}: {shown!r} is no name of a package"))
        found[name] = None
    return list(found)


def _name_in(text: str) -> str | None:
    """The name in a requirement; None if there is none."""
    try:
        name = canonicalize_name(Requirement(text).name, validate=True)
    except (InvalidRequirement, InvalidName):
        return None
    return name if len(name) <= _LONGEST else None


def _names_of_subject(
    text: str, targets: Iterable[Target], cwd: Path
) -> tuple[list[str], list[str]]:
    subject = project.read(text, cwd=cwd)
    found: dict[str, None] = {}
    notes: dict[str, None] = {}
    for target in targets:
        selection = subject.select(target.environment)
        found |= dict.fromkeys(pin.name for pin in selection.pins)
        found |= dict.fromkeys(
            canonicalize_name(Requirement(wanted.requirement).name) for wanted in selection.wanted
        )
        found |= dict.fromkeys(wheel.name for wheel in selection.wheels)
        notes |= dict.fromkeys(selection.notes)
        notes |= dict.fromkeys(
            f"{entry.name} comes from no index, so it is left out." for entry in selection.unindexed
        )
    return list(found), list(notes)
