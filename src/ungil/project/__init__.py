"""What the user points at, read into pins or requirements.

The door of the room: `read` for everything in files, `read_environment` for
what is installed, and the plain values of `model`. Nothing here asks an index,
runs a build backend, or imports what it reads about.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.pylock import is_valid_pylock_path
from packaging.utils import canonicalize_name

from ungil.findings import printable
from ungil.project.addresses import without_credentials
from ungil.project.compiled import built_files, installed_files
from ungil.project.conditions import Conditions, choose
from ungil.project.directory import choose_in
from ungil.project.environment import read_installed
from ungil.project.model import (
    Installed,
    LocalWheel,
    Pin,
    Selection,
    Subject,
    SubjectError,
    Unindexed,
    Wanted,
)
from ungil.project.pdm_lock import read_pdm_lock
from ungil.project.pipfile_lock import read_pipfile_lock
from ungil.project.places import Document, Place
from ungil.project.poetry_lock import read_poetry_lock
from ungil.project.pylock import read_pylock
from ungil.project.pyproject import read_pyproject
from ungil.project.requirement import parse_requirement, url_kind
from ungil.project.requirements import read_requirements
from ungil.project.tables import parse_toml
from ungil.project.uv_lock import read_uv_lock
from ungil.project.wheels import SDIST_SUFFIXES, read_wheel, read_wheel_directory

__all__ = [
    "Installed",
    "LocalWheel",
    "Pin",
    "Place",
    "Selection",
    "Subject",
    "SubjectError",
    "Unindexed",
    "Wanted",
    "built_files",
    "installed_files",
    "read",
    "read_environment",
]

_SUFFIXES = (".txt", ".in", ".toml", ".lock", ".whl")
_BY_NAME: Mapping[str, Callable[[Document], Subject]] = {
    "uv.lock": read_uv_lock,
    "poetry.lock": read_poetry_lock,
    "pdm.lock": read_pdm_lock,
    "Pipfile.lock": read_pipfile_lock,
    "pyproject.toml": read_pyproject,
}


def read(text: str, *, cwd: Path) -> Subject:
    """Read what `text` names.

    A project directory (its lock if it has one), a lock, a pyproject.toml, a
    requirements file, a wheel, a directory of wheels, or one requirement such
    as `numpy>=2`.

    Args:
        text: As the user wrote it.
        cwd: What relative paths are relative to, and what is shown as such.

    Raises:
        SubjectError: It cannot be read; the message is one line.
    """
    cwd = cwd.absolute()
    place = Place.named(text, cwd)
    if text and place.exists():
        return _directory(place) if stat.S_ISDIR(place.mode()) else _file(place)
    if text.endswith(_SUFFIXES) or (_has_separator(text) and "://" not in text):
        raise place.problem("no such file; correct the path")
    return _Requirement.parse(text)


def read_environment(python: str) -> Subject:
    """Read what is installed for an interpreter, without importing any of it.

    Args:
        python: An interpreter, or the directory of a virtual environment.

    Raises:
        SubjectError: There is no such interpreter, or it does not answer.
    """
    return read_installed(python)


def _has_separator(text: str) -> bool:
    before = text.partition(";")[0]
    return "/" in before or "\\" in before


def _directory(place: Place) -> Subject:
    choice = choose_in(place)
    if choice.place == place:
        return read_wheel_directory(place)
    return _Project(_file(choice.place), place, () if choice.note is None else (choice.note,))


def _file(place: Place) -> Subject:
    name = place.path.name
    if name.endswith(".whl"):
        return read_wheel(place)
    if name.endswith(SDIST_SUFFIXES):
        raise place.problem("is an sdist, and nothing is built here; name the wheel it builds to")
    if name in _BY_NAME:
        return _BY_NAME[name](place.read())
    if is_valid_pylock_path(Path(name)):
        return read_pylock(place.read())
    if name.endswith((".txt", ".in")):
        return read_requirements(place.read())
    if name.endswith((".toml", ".lock")):
        return _by_content(place.read())
    raise place.problem(
        "is no kind of file that is read here; name a project directory, a lock, a pyproject.toml, "
        "a requirements file (.txt, .in) or a wheel"
    )


def _by_content(document: Document) -> Subject:
    """Read a lock under another name than its tool gives it."""
    if document.text.lstrip().startswith("{"):
        return read_pipfile_lock(document)
    table = parse_toml(document)
    metadata = table.get("metadata")
    keys = metadata.keys() if isinstance(metadata, dict) else ()
    if "lock-version" in keys:
        return read_poetry_lock(document)
    if "lock_version" in keys:
        return read_pdm_lock(document)
    if "lock-version" in table:
        return read_pylock(document)
    if "version" in table and "requires-python" in table:
        return read_uv_lock(document)
    return read_pyproject(document)


@dataclass(frozen=True, slots=True)
class _Project:
    """A project's directory: what was read in it, and what to tell about the choice."""

    subject: Subject
    place: Place
    notes: tuple[str, ...]

    @property
    def path(self) -> str:
        return self.subject.path

    def select(
        self,
        environment: Mapping[str, str],
        *,
        extras: frozenset[str] = frozenset(),
        groups: frozenset[str] | None = None,
    ) -> Selection:
        selection = self.subject.select(environment, extras=extras, groups=groups)
        notes = (*self.notes, *selection.notes)
        return replace(selection, directories=(self.place,), notes=notes)


@dataclass(frozen=True, slots=True)
class _Requirement:
    """One requirement on the command line."""

    document: Document
    marker: str
    selection: Selection

    @classmethod
    def parse(cls, text: str) -> _Requirement:
        document = Document(Place(Path(), printable(without_credentials(text[:200]))), text)
        try:
            requirement = parse_requirement(text)
        except ValueError as error:
            raise SubjectError(
                printable(f"{error}, and no file has that name; write e.g. numpy>=2")
            ) from None
        marker = str(requirement.marker or "")
        if requirement.url is None:
            return cls(document, marker, Selection(wanted=(Wanted(text.strip()),)))
        other = Unindexed(
            canonicalize_name(requirement.name),
            document.place.label,
            url_kind(requirement.url),
        )
        return cls(document, marker, Selection(unindexed=(other,)))

    @property
    def path(self) -> str:
        return self.document.place.label

    def select(
        self,
        environment: Mapping[str, str],
        *,
        extras: frozenset[str] = frozenset(),
        groups: frozenset[str] | None = None,
    ) -> Selection:
        choose(self.document, "extra", extras, ())
        choose(self.document, "group", groups or (), ())
        if Conditions(environment).hold(self.marker, self.document):
            return self.selection
        return Selection(notes=(f"The marker of {self.path} is false here.",))
