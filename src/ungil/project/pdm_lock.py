"""`pdm.lock`, version 4.x.

https://github.com/pdm-project/pdm/tree/main/src/pdm/project/lockfile

Entries carry their groups and markers since PDM 2.14 (strategy
`inherit_metadata`). Locks without are walked from the pyproject.toml beside
them. To PDM an extra of the project is a group like any other; only the
pyproject.toml tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import Struct, field
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ungil.project.addresses import file_name
from ungil.project.conditions import Conditions, choose
from ungil.project.declared import Project
from ungil.project.graph import reach
from ungil.project.model import Pin, Selection, Unindexed
from ungil.project.pins import normal_version, sha256, together, unindexed
from ungil.project.places import Document
from ungil.project.pyproject import project_beside
from ungil.project.requirement import parse_requirement, parse_specifiers
from ungil.project.tables import convert, entry_lines, parse_toml

__all__ = ["PdmSubject", "read_pdm_lock"]

_DEFAULT = "default"


class _File(Struct):
    file: str | None = None
    url: str | None = None
    hash: str = ""

    @property
    def name(self) -> str:
        return self.file or file_name(self.url or "")


class _Package(Struct):
    name: str
    version: str = ""
    extras: list[str] = []
    groups: list[str] | None = None
    marker: str | None = None
    dependencies: list[str] = []
    files: list[_File] | None = None
    git: str | None = None
    hg: str | None = None
    svn: str | None = None
    bzr: str | None = None
    url: str | None = None
    path: str | None = None
    editable: bool = False

    @property
    def normal_name(self) -> str:
        return canonicalize_name(self.name)

    @property
    def address(self) -> tuple[str, str] | None:
        """Where it comes from and of what kind, if not from an index."""
        kinds = (
            *((where, "vcs") for where in (self.git, self.hg, self.svn, self.bzr)),
            (self.url, "url"),
            (self.path, "path"),
        )
        found = next(((where, kind) for where, kind in kinds if where is not None), None)
        return found and (found[0], "editable" if self.editable else found[1])


class _Target(Struct):
    requires_python: str | None = None


class _Metadata(Struct):
    lock_version: str
    groups: list[str] = []
    targets: list[_Target] = []
    # Before 4.4 the files of all packages stood here, by "name version".
    files: dict[str, list[_File]] = {}


class _Lock(Struct):
    metadata: _Metadata
    package: list[_Package] = []


class _Versioned(Struct):
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PdmSubject:
    """A lock of PDM's."""

    document: Document
    lock: _Lock
    lines: list[int | None]
    project: Project | None
    edges: list[list[Requirement]]
    by_name: Mapping[str, list[int]]

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
        active, notes = self._active(extras, groups)
        conditions = Conditions(environment)
        roots = list(self._declared(extras, active, conditions))

        def edges(node: int, _: frozenset[str]) -> Iterator[tuple[int, frozenset[str]]]:
            return self._targets(self.edges[node], conditions, self.lines[node])

        if any(package.groups is not None for package in self.lock.package):
            chosen = {
                index
                for index, package in enumerate(self.lock.package)
                if not active.isdisjoint(map(canonicalize_name, package.groups or ()))
                and conditions.hold(package.marker, self.document, self.lines[index])
            }
        elif self.project is not None:
            chosen = set(reach(roots, edges)[0])
        else:
            chosen = set(range(len(self.lock.package)))
            notes.append(
                f"{self.path} does not tell what is needed where, and no pyproject.toml is "
                "beside it; everything in it is judged."
            )
        _, parents = reach(((index, frozenset[str]()) for index in sorted(chosen)), edges)
        project = self.project
        direct = None if project is None else project.direct(extras, active)
        pins, doubts = together(
            self.path,
            [
                self._pin(index, direct, parents.get(index, set()) & chosen)
                for index in sorted(chosen)
                if self.lock.package[index].address is None
            ],
        )
        return Selection(
            pins=pins,
            unindexed=tuple(dict.fromkeys(self._unindexed(chosen))),
            requires_python=self._requires_python(environment["python_full_version"]),
            notes=(*notes, *doubts),
        )

    def _active(
        self, extras: frozenset[str], groups: frozenset[str] | None
    ) -> tuple[frozenset[str], list[str]]:
        """The groups to take: by default those of `pdm install`, which are all but extras."""
        known = frozenset(map(canonicalize_name, self.lock.metadata.groups)) - {_DEFAULT}
        if self.project is None:
            choose(self.document, "extra", extras, known)
            asked = choose(self.document, "group", groups or (), known)
            notes = []
            if groups is None and known - extras:
                notes.append(
                    f"{self.path} does not tell groups from extras, and no pyproject.toml is "
                    f"beside it; not judged: {', '.join(sorted(known - extras))}."
                )
            return frozenset({_DEFAULT}) | extras | asked, notes
        choose(self.document, "extra", extras, known & self.project.extras.keys())
        every = known & self.project.groups.keys()
        asked = every if groups is None else choose(self.document, "group", groups, every)
        return frozenset({_DEFAULT}) | extras | asked, []

    def _declared(
        self, extras: frozenset[str], groups: frozenset[str], conditions: Conditions
    ) -> Iterator[tuple[int, frozenset[str]]]:
        if self.project is not None:
            asks = [one.requirement for one in self.project.asks(extras, groups)]
            yield from self._targets(asks, conditions, None)

    def _targets(
        self, requirements: list[Requirement], conditions: Conditions, line: int | None
    ) -> Iterator[tuple[int, frozenset[str]]]:
        """The entries that requirements mean; an entry for extras stands for itself."""
        for requirement in requirements:
            if not conditions.hold(requirement.marker, self.document, line):
                continue
            wanted = {canonicalize_name(extra) for extra in requirement.extras}
            for index in self.by_name.get(canonicalize_name(requirement.name), ()):
                package = self.lock.package[index]
                fits = {canonicalize_name(extra) for extra in package.extras} == wanted
                if fits and conditions.hold(package.marker, self.document, self.lines[index]):
                    yield index, frozenset()

    def _requires_python(self, python: str) -> str | None:
        every = [t.requires_python for t in self.lock.metadata.targets if t.requires_python]
        try:
            fitting = [s for s in every if parse_specifiers(s).contains(python, True)]
        except ValueError:
            raise self.document.problem("requires_python is no specifier; lock again") from None
        if every:
            return (fitting or every)[0]
        return self.project.requires_python if self.project else None

    def _pin(self, index: int, direct: frozenset[str] | None, parents: set[int]) -> Pin:
        package, line = self.lock.package[index], self.lines[index]
        name = package.normal_name
        files = package.files
        if files is None:
            files = self.lock.metadata.files.get(f"{package.name} {package.version}")
        return Pin(
            name=name,
            version=normal_version(self.document, package.name, package.version, line),
            location=self.document.at(line),
            files=tuple(file.name for file in files) if files else None,
            hashes=sha256(file.hash for file in files or ()),
            direct=None if direct is None else name in direct,
            required_by=tuple(sorted({self.lock.package[i].normal_name for i in parents} - {name})),
        )

    def _unindexed(self, chosen: set[int]) -> Iterator[Unindexed]:
        for index in sorted(chosen):
            package = self.lock.package[index]
            # Its entries for extras say the same again.
            if package.address is not None and not package.extras:
                address, kind = package.address
                yield unindexed(
                    self.document,
                    package.normal_name,
                    address,
                    kind,
                    self.lines[index],
                    package.version or None,
                )


def read_pdm_lock(document: Document) -> PdmSubject:
    """Read a `pdm.lock`.

    Raises:
        SubjectError: It is not valid, or of a version that is not known.
    """
    data = parse_toml(document)
    version = convert(document, data, _Versioned).metadata.get("lock_version")
    if not isinstance(version, str) or version.partition(".")[0] != "4":
        raise document.problem(
            f"metadata.lock_version is {version!r}; known are 4.x, lock again with PDM"
        )
    lock = convert(document, data, _Lock)
    lines = entry_lines(document, "package", len(lock.package))
    by_name: dict[str, list[int]] = {}
    for index, package in enumerate(lock.package):
        by_name.setdefault(package.normal_name, []).append(index)
    edges = [
        [_edge(document, package, text, line) for text in package.dependencies]
        for package, line in zip(lock.package, lines, strict=True)
    ]
    return PdmSubject(document, lock, lines, project_beside(document.place), edges, by_name)


def _edge(document: Document, package: _Package, text: str, line: int | None) -> Requirement:
    try:
        return parse_requirement(text)
    except ValueError as error:
        raise document.problem(f"{package.name}: {error}; lock again with PDM", line) from None
