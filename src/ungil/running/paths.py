"""Files as the user knows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ungil.findings import Location
from ungil.running.journal import Imported

__all__ = ["location_of", "own_location", "shown"]

# How the names of code that has no file begin: `<string>`, `<frozen runpy>`.
_NO_FILE = "<"
_INSTALLED = frozenset({"site-packages", "dist-packages"})


def shown(file: str, folder: Path) -> str:
    """A file's path: below the working directory from there, with forward slashes."""
    if file.startswith(_NO_FILE):
        return file
    path = folder / file
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return path.as_posix()


def location_of(step: Imported, folder: Path) -> Location:
    """Where an import stands."""
    return Location(shown(step.file, folder), step.line)


def own_location(chain: Sequence[Imported], folder: Path) -> Location | None:
    """The last import of a chain that stands in the user's own files, if one does."""
    for step in reversed(chain):
        path = folder / step.file
        own = path.is_relative_to(folder) and not _INSTALLED.intersection(path.parts)
        if own and not step.file.startswith(_NO_FILE):
            return location_of(step, folder)
    return None
