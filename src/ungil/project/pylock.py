"""`pylock.toml` (PEP 751).

https://packaging.python.org/en/latest/specifications/pylock-toml/

`packaging.pylock` validates. Its `Pylock.select()` is not used: it stops at
the first entry without a fitting file, and which file fits is the question
that ungil answers.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.pylock import Package, Pylock, PylockValidationError
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from ungil.project.conditions import Conditions, choose
from ungil.project.declared import Project
from ungil.project.model import Pin, Selection, Unindexed
from ungil.project.pins import together, unindexed
from ungil.project.places import Document
from ungil.project.pyproject import project_beside
from ungil.project.requirement import parse_specifiers
from ungil.project.tables import entry_lines, parse_toml

__all__ = ["PylockSubject", "read_pylock"]


@dataclass(frozen=True)
class PylockSubject:
    """A lock in the standard format."""

    document: Document
    lock: Pylock
    lines: list[int | None]
    project: Project | None

    @property
    def path(self) -> str:
        """See `Subject.path`."""
        return self.document.place.label

    def select(
        self,
        environment: Mapping[str, str],
        *,
        extras: frozenset[str] = frozenset(),
        groups: frozenset[str] | None = None,
    ) -> Selection:
        """See `Subject.select`."""
        synthetic = frozenset(map(canonicalize_name, self.lock.default_groups or ()))
        known = synthetic | frozenset(map(canonicalize_name, self.lock.dependency_groups or ()))
        conditions = Conditions(
            environment,
            choose(self.document, "extra", extras, self.lock.extras or ()),
            # The default groups stand for what the project always needs (its
            # `project.dependencies`), so that no choice of groups drops them.
            synthetic | choose(self.document, "group", groups or (), known),
        )
        project = self.project
        direct = None if project is None else project.direct(extras, groups or ())
        chosen = [
            (package, line)
            for package, line in zip(self.lock.packages, self.lines, strict=True)
            if conditions.hold(package.marker, self.document, line)
        ]
        parents: dict[str, set[str]] = {}
        for package, _ in chosen:
            for entry in package.dependencies or ():
                if isinstance(name := entry.get("name"), str):
                    parents.setdefault(canonicalize_name(name), set()).add(package.name)
        pins, notes = together(
            self.path,
            [
                self._pin(package, line, direct, parents.get(package.name, set()))
                for package, line in chosen
                if not package.is_direct
            ],
        )
        return Selection(
            pins=pins,
            unindexed=tuple(
                self._unindexed(package, line)
                for package, line in chosen
                if package.is_direct and not _is_root(package)
            ),
            requires_python=None
            if self.lock.requires_python is None
            else str(self.lock.requires_python),
            notes=(*self._notes(conditions), *notes),
        )

    def _notes(self, conditions: Conditions) -> list[str]:
        environments = self.lock.environments
        if environments and not any(conditions.hold(m, self.document) for m in environments):
            return [f"{self.path} was not locked for this environment; lock again to cover it."]
        return []

    def _pin(
        self, package: Package, line: int | None, direct: frozenset[str] | None, parents: set[str]
    ) -> Pin:
        names = [wheel.filename for wheel in package.wheels or ()]
        hashes = [wheel.hashes for wheel in package.wheels or ()]
        if package.sdist is not None:
            names.append(package.sdist.filename)
            hashes.append(package.sdist.hashes)
        return Pin(
            name=package.name,
            version=str(package.version or _version_in(names[0])),
            location=self.document.at(line),
            files=tuple(names),
            hashes=frozenset(h["sha256"].lower() for h in hashes if "sha256" in h),
            direct=None if direct is None else package.name in direct,
            required_by=tuple(sorted(parents)),
        )

    def _unindexed(self, package: Package, line: int | None) -> Unindexed:
        version = None if package.version is None else str(package.version)
        address, kind = "", "url"
        if package.vcs is not None:
            address, kind = package.vcs.url or package.vcs.path or "", "vcs"
        elif package.directory is not None:
            kind = "editable" if package.directory.editable else "path"
            address = package.directory.path
        elif package.archive is not None:
            address = package.archive.url or package.archive.path or ""
            kind = "url" if package.archive.url else "path"
        return unindexed(self.document, package.name, address, kind, line, version)


def _is_root(package: Package) -> bool:
    """Is it the project that was locked, which `pip lock .` lists as well?"""
    return package.directory is not None and posixpath.normpath(package.directory.path) == "."


def _version_in(name: str) -> Version:
    return parse_wheel_filename(name)[1] if name.endswith(".whl") else parse_sdist_filename(name)[1]


def read_pylock(document: Document) -> PylockSubject:
    """Read a `pylock.toml`.

    Raises:
        SubjectError: It is not valid, or of a version that is not known.
    """
    data = parse_toml(document)
    version = data.get("lock-version")
    try:
        known = isinstance(version, str) and Version(version).major == 1
    except ValueError:
        known = False
    if not known:
        raise document.problem(
            f"lock-version is {version!r}; known is 1.0, lock again for that"
            if version is not None
            else "lock-version is missing; lock again"
        )
    try:
        lock = Pylock.from_dict(data)
        parse_specifiers(str(lock.requires_python or ""))
    except (PylockValidationError, RecursionError, ValueError) as error:
        raise document.problem(f"is not a valid pylock.toml: {error}; lock again") from None
    lines = entry_lines(document, "packages", len(lock.packages))
    return PylockSubject(document, lock, lines, project_beside(document.place))
