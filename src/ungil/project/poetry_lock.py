"""`poetry.lock`, versions 1.x and 2.x.

https://github.com/python-poetry/poetry/blob/main/src/poetry/packages/locker.py

From 2.1 on each entry says for which groups and under which markers it
counts. Older locks do not say, so they are walked from the dependencies that
the pyproject.toml beside them declares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import Struct, field
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from ungil.project.conditions import Conditions, choose
from ungil.project.declared import Project
from ungil.project.graph import reach
from ungil.project.model import Pin, Selection, SubjectError, Unindexed
from ungil.project.pins import normal_version, sha256, together, unindexed
from ungil.project.places import Document
from ungil.project.poetry_constraints import Dependency, admitting, dependencies
from ungil.project.pyproject import project_beside
from ungil.project.tables import convert, entry_lines, parse_toml

__all__ = ["PoetrySubject", "read_poetry_lock"]


class _File(Struct):
    file: str
    hash: str = ""


class _Source(Struct):
    type: str
    url: str = ""


class _Package(Struct, rename="kebab"):
    name: str
    version: str
    python_versions: str = "*"
    optional: bool = False
    category: str | None = None
    groups: list[str] | None = None
    markers: str | dict[str, str] | None = None
    files: list[_File] | None = None
    develop: bool = False
    dependencies: dict[str, Any] = {}
    extras: dict[str, list[str]] = {}
    source: _Source | None = None

    @property
    def normal_name(self) -> str:
        return canonicalize_name(self.name)


class _Metadata(Struct, rename="kebab"):
    lock_version: str
    python_versions: str = "*"
    files: dict[str, list[_File]] = {}


class _Lock(Struct):
    metadata: _Metadata
    package: list[_Package] = []
    extras: dict[str, list[str]] = {}


class _Versioned(Struct):
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PoetrySubject:
    """A lock of Poetry's."""

    document: Document
    lock: _Lock
    lines: list[int | None]
    project: Project | None
    by_name: Mapping[str, list[int]]
    edges: list[list[Dependency]]

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
        known = set(map(canonicalize_name, self.lock.extras))
        choose(self.document, "extra", extras, known)
        conditions = Conditions(environment, extras, self._groups(groups))
        walk = _Walk(self, conditions)
        notes: list[str] = []
        if any(package.groups is not None for package in self.lock.package):
            chosen = walk.told()
        elif self.project is not None:
            chosen = walk.reached()
        else:
            chosen = walk.everything()
            notes.append(
                f"{self.path} does not tell what is needed where, and no pyproject.toml is "
                "beside it; everything in it is judged."
            )
        project = self.project
        direct = None if project is None else project.direct(extras, conditions.groups)
        parents = walk.parents(chosen)
        pins, doubts = together(
            self.path,
            [
                self._pin(index, direct, parents.get(index, set()))
                for index in sorted(chosen)
                if self._is_indexed(index)
            ],
        )
        return Selection(
            pins=pins,
            unindexed=tuple(self._unindexed(i) for i in sorted(chosen) if not self._is_indexed(i)),
            requires_python=self.python_specifier(
                self.lock.metadata.python_versions, environment["python_full_version"]
            ),
            notes=(*notes, *doubts),
        )

    def _groups(self, asked: frozenset[str] | None) -> frozenset[str]:
        """All groups that are not optional, as `poetry install` takes them."""
        known = {"dev"} & {package.category or "" for package in self.lock.package}
        known |= {canonicalize_name(g) for p in self.lock.package for g in p.groups or ()}
        known |= self.project.groups.keys() if self.project else set()
        known -= {"main"}
        if asked is not None:
            return choose(self.document, "group", asked, known)
        return frozenset(known - (self.project.optional_groups if self.project else frozenset()))

    def _is_indexed(self, index: int) -> bool:
        source = self.lock.package[index].source
        return source is None or source.type in {"legacy", "pypi"}

    def python_specifier(self, constraint: str, python: str) -> str | None:
        """A constraint on Python as PEP 440, None for any."""
        try:
            return admitting(constraint, python) or None
        except ValueError as error:
            raise self.document.problem(f"python-versions: {error}; lock again") from None

    def _pin(self, index: int, direct: frozenset[str] | None, parents: set[int]) -> Pin:
        package, line = self.lock.package[index], self.lines[index]
        files = package.files
        if files is None:
            files = self.lock.metadata.files.get(package.name)
        return Pin(
            name=package.normal_name,
            version=normal_version(self.document, package.name, package.version, line),
            location=self.document.at(line),
            files=tuple(file.file for file in files) if files else None,
            hashes=sha256(file.hash for file in files or ()),
            direct=None if direct is None else package.normal_name in direct,
            required_by=tuple(
                sorted({self.lock.package[i].normal_name for i in parents} - {package.normal_name})
            ),
        )

    def _unindexed(self, index: int) -> Unindexed:
        package = self.lock.package[index]
        source = package.source or _Source("")
        kinds = {"git": "vcs", "url": "url"}
        kind = "editable" if package.develop else kinds.get(source.type, "path")
        return unindexed(
            self.document,
            package.normal_name,
            source.url,
            kind,
            self.lines[index],
            package.version,
        )


@dataclass
class _Walk:
    """Which entries count under some conditions."""

    subject: PoetrySubject
    conditions: Conditions

    def told(self) -> set[int]:
        """Entries that say so themselves (lock version 2.1)."""
        active = {"main", *self.conditions.groups}
        return {
            index
            for index, package in enumerate(self.subject.lock.package)
            if any(
                self._holds(
                    package.markers.get(group)
                    if isinstance(package.markers, dict)
                    else package.markers,
                    index,
                )
                for group in package.groups or ()
                if canonicalize_name(group) in active
            )
        }

    def reached(self) -> set[int]:
        """Entries reached from what the project declares."""
        return set(reach(self._declared(), self._edges)[0])

    def everything(self) -> set[int]:
        """Entries of the main category, with those of the extras asked for.

        A lock from 1.5 to 2.0 has no categories: everything is in it.
        """
        asked = [(i, frozenset[str]()) for name in self._extra_names() for i in self._named(name)]
        roots = [
            (index, frozenset[str]())
            for index, package in enumerate(self.subject.lock.package)
            if not package.optional
            and (package.category in {None, "main"} or package.category in self.conditions.groups)
        ]
        return set(reach([*roots, *asked], self._edges)[0])

    def parents(self, chosen: set[int]) -> dict[int, set[int]]:
        """Who asks for each chosen entry."""
        roots = [(index, frozenset[str]()) for index in sorted(chosen)]
        declared = list(self._declared()) if self.subject.project else []
        _, parents = reach(
            [*roots, *((i, extras) for i, extras in declared if i in chosen)],
            lambda node, extras: (edge for edge in self._edges(node, extras) if edge[0] in chosen),
        )
        return parents

    def _extra_names(self) -> Iterator[str]:
        for extra, names in self.subject.lock.extras.items():
            if canonicalize_name(extra) in self.conditions.extras:
                yield from (name.partition(" ")[0] for name in names)

    def _declared(self) -> Iterator[tuple[int, frozenset[str]]]:
        project = self.subject.project
        if project is None:
            return
        for one in project.asks(self.conditions.extras, self.conditions.groups):
            requirement = one.requirement
            if self._holds(requirement.marker, None):
                extras = frozenset(map(canonicalize_name, requirement.extras))
                for index in self._fitting(requirement.name, [str(requirement.specifier)]):
                    yield index, extras

    def _edges(self, node: int, extras: frozenset[str]) -> Iterator[tuple[int, frozenset[str]]]:
        package = self.subject.lock.package[node]
        conditions = Conditions(self.conditions.environment, extras)
        wanted = {
            canonicalize_name(name.partition(" ")[0].partition("[")[0])
            for extra, names in package.extras.items()
            if canonicalize_name(extra) in extras
            for name in names
        }
        for edge in self.subject.edges[node]:
            if edge.optional and canonicalize_name(edge.name) not in wanted:
                continue
            line = self.subject.lines[node]
            if conditions.hold(edge.marker, self.subject.document, line):
                more = frozenset(map(canonicalize_name, edge.extras))
                for index in self._fitting(edge.name, edge.specifiers):
                    yield index, more

    def _fitting(self, name: str, specifiers: Iterable[str]) -> list[int]:
        """The entry for `name`: where there are several, the newest that fits.

        An unknown name is Poetry's way to leave out what no environment of
        the lock needs.
        """
        every = self._named(name)
        if len(every) < 2:
            return every
        python = self.conditions.environment["python_full_version"]
        packages = self.subject.lock.package

        def fits(index: int) -> tuple[bool, bool, Version]:
            package, line = packages[index], self.subject.lines[index]
            version = normal_version(self.subject.document, package.name, package.version, line)
            allowed = self.subject.python_specifier(package.python_versions, python)
            return (
                any(SpecifierSet(s).contains(version, True) for s in specifiers),
                SpecifierSet(allowed or "").contains(python, True),
                Version(version),
            )

        return [max(every, key=fits)]

    def _named(self, name: str) -> list[int]:
        return self.subject.by_name.get(canonicalize_name(name), [])

    def _holds(self, marker: object, index: int | None) -> bool:
        line = None if index is None else self.subject.lines[index]
        return self.conditions.hold(marker, self.subject.document, line)


def read_poetry_lock(document: Document) -> PoetrySubject:
    """Read a `poetry.lock`.

    Raises:
        SubjectError: It is not valid, or of a version that is not known.
    """
    data = parse_toml(document)
    version = convert(document, data, _Versioned).metadata.get("lock-version")
    if not isinstance(version, str) or version.partition(".")[0] not in {"1", "2"}:
        raise document.problem(
            f"metadata.lock-version is {version!r}; known are 1.x and 2.x, lock again with Poetry"
        )
    lock = convert(document, data, _Lock)
    lines = entry_lines(document, "package", len(lock.package))
    by_name: dict[str, list[int]] = {}
    for index, package in enumerate(lock.package):
        by_name.setdefault(package.normal_name, []).append(index)
    edges = [
        _edges(document, package, line) for package, line in zip(lock.package, lines, strict=True)
    ]
    return PoetrySubject(document, lock, lines, project_beside(document.place), by_name, edges)


def _edges(document: Document, package: _Package, line: int | None) -> list[Dependency]:
    try:
        return [
            d for name, value in package.dependencies.items() for d in dependencies(name, value)
        ]
    except ValueError as error:
        raise _broken(document, f"{package.name}: {error}", line) from None


def _broken(document: Document, what: str, line: int | None) -> SubjectError:
    return document.problem(f"{what}; lock again with Poetry", line)
