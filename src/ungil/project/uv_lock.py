"""`uv.lock`, version 1 of any revision.

The format is uv's own and has no description but its source:
https://github.com/astral-sh/uv/blob/main/crates/uv-resolver/src/lock/mod.rs
(what is in it) and `installable.rs` beside it (which entries a choice of
extras, groups and environment selects, which is what is followed here).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from msgspec import Struct, field
from packaging.utils import canonicalize_name

from ungil.project.addresses import file_name
from ungil.project.conditions import Conditions, choose
from ungil.project.graph import reach
from ungil.project.model import Pin, Selection, SubjectError, Unindexed
from ungil.project.pins import normal_version, sha256, together, unindexed
from ungil.project.places import Document
from ungil.project.pyproject import project_beside
from ungil.project.tables import convert, entry_lines, parse_toml

__all__ = ["UvSubject", "read_uv_lock"]


class _File(Struct):
    url: str | None = None
    path: str | None = None
    filename: str | None = None
    hash: str | None = None

    @property
    def name(self) -> str | None:
        where = self.filename or self.path or self.url
        return None if where is None else file_name(where)


class _Edge(Struct):
    name: str
    version: str | None = None
    source: dict[str, str] | None = None
    extra: list[str] = []
    marker: str | None = None


class _Package(Struct, rename="kebab"):
    name: str
    source: dict[str, str]
    version: str | None = None
    sdist: _File | None = None
    wheels: list[_File] = []
    resolution_markers: list[str] = []
    dependencies: list[_Edge] = []
    optional_dependencies: dict[str, list[_Edge]] = {}
    dev_dependencies: dict[str, list[_Edge]] = {}
    default_groups: list[str] | str | None = None

    @property
    def address(self) -> str:
        """Where it comes from: a URL, or a path relative to the lock."""
        return next(iter(self.source.values()), "")

    @property
    def is_local(self) -> bool:
        return not self.source.keys().isdisjoint({"editable", "virtual", "directory"})


class _Manifest(Struct, rename="kebab"):
    members: list[str] = []
    requirements: list[_Requirement] = []
    dependency_groups: dict[str, list[_Requirement]] = {}


class _Requirement(Struct):
    name: str
    extras: list[str] = []
    marker: str | None = None


class _Conflict(Struct):
    package: str
    extra: str | None = None
    group: str | None = None

    @property
    def encoded(self) -> str:
        """As uv writes it into the markers of forks (`universal_marker.rs`)."""
        return _encoded(self.package, self.extra, self.group)


class _Lock(Struct, rename="kebab"):
    version: int
    requires_python: str | None = None
    supported_markers: list[str] = []
    conflicts: list[list[_Conflict]] = []
    manifest: _Manifest = field(default_factory=_Manifest)
    package: list[_Package] = []


def _encoded(package: str, extra: str | None = None, group: str | None = None) -> str:
    if extra is not None:
        return f"extra-{len(package)}-{package}-{extra}"
    if group is not None:
        return f"group-{len(package)}-{package}-{group}"
    return f"project-{len(package)}-{package}"


_ROOT = -1
"""The node that stands for the user; packages are nodes by their index."""


@dataclass(frozen=True)
class UvSubject:
    """A lock of uv's: of a project, a workspace or a script."""

    document: Document
    lock: _Lock
    lines: list[int | None]
    default_groups: list[str] | str | None
    by_name: Mapping[str, list[int]]
    roots: tuple[int, ...]

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
        walk = _Walk(self, environment, self._extras(extras), groups)
        self._refuse_conflicts(walk.chosen)
        found, parents = walk.run()
        pins: list[Pin] = []
        others: list[Unindexed] = []
        for index in sorted(set(found) - {_ROOT, *self.roots}):
            package, line = self.lock.package[index], self.lines[index]
            asking = parents.get(index, set())
            if "registry" in package.source:
                pin = self._pin(package, line, asking)
                pins.append(pin)
            else:
                others.append(self._unindexed(package, line))
        ordered, notes = together(self.path, pins)
        return Selection(
            pins=ordered,
            unindexed=tuple(others),
            requires_python=self.lock.requires_python,
            notes=(*self._notes(walk.conditions()), *notes),
        )

    def _extras(self, asked: frozenset[str]) -> frozenset[str]:
        roots = [self.lock.package[index] for index in self.roots]
        return choose(
            self.document,
            "extra",
            asked,
            chain.from_iterable(p.optional_dependencies for p in roots),
        )

    def _refuse_conflicts(self, chosen: frozenset[str]) -> None:
        for conflict in self.lock.conflicts:
            both = [c for c in conflict if c.encoded in chosen]
            if len(both) > 1:
                names = " and ".join(sorted(c.extra or c.group or c.package for c in both))
                raise self.document.problem(f"{names} are declared to conflict; choose one")

    def _notes(self, conditions: Conditions) -> list[str]:
        notes = []
        markers = self.lock.supported_markers
        if markers and not any(conditions.hold(m, self.document) for m in markers):
            notes.append(f"{self.path} was not locked for this environment (tool.uv.environments).")
        if len(self.roots) > 1:
            count = len(self.roots)
            notes.append(f"{self.path} locks a workspace; all its {count} members are judged.")
        return notes

    def _pin(self, package: _Package, line: int | None, asking: set[int]) -> Pin:
        if package.version is None:
            raise self.document.problem(f"{package.name} has no version; lock again", line)
        files = [*package.wheels, *([package.sdist] if package.sdist else [])]
        names = [file.name for file in files if file.name]
        return Pin(
            name=canonicalize_name(package.name),
            version=normal_version(self.document, package.name, package.version, line),
            location=self.document.at(line),
            files=tuple(names) or None,
            hashes=sha256(file.hash for file in files if file.hash),
            direct=not asking.isdisjoint({_ROOT, *self.roots}),
            required_by=tuple(
                sorted({self.lock.package[i].name for i in asking - {_ROOT, *self.roots}})
            ),
        )

    def _unindexed(self, package: _Package, line: int | None) -> Unindexed:
        kinds = {"git": "vcs", "url": "url", "editable": "editable"}
        kind = next((kinds[key] for key in package.source if key in kinds), "path")
        name = canonicalize_name(package.name)
        return unindexed(self.document, name, package.address, kind, line, package.version)


@dataclass
class _Walk:
    """One choice of environment, extras and groups on its way through a lock."""

    subject: UvSubject
    environment: Mapping[str, str]
    extras: frozenset[str]
    groups: frozenset[str] | None

    def __post_init__(self) -> None:
        document = self.subject.document
        packages = {i: self.subject.lock.package[i] for i in self.subject.roots}
        manifest = self.subject.lock.manifest
        if self.groups is not None:
            known = chain(
                manifest.dependency_groups, *(p.dev_dependencies for p in packages.values())
            )
            choose(document, "group", self.groups, known)
        self.root_groups = {
            index: self._groups(package.dev_dependencies, package.default_groups)
            for index, package in packages.items()
        }
        self.own_groups = self._groups(manifest.dependency_groups, None)
        self.chosen = frozenset(
            chain(
                (_encoded(p.name) for p in packages.values()),
                (
                    _encoded(p.name, extra=extra)
                    for p in packages.values()
                    for extra in self.extras & p.optional_dependencies.keys()
                ),
                (
                    _encoded(packages[index].name, group=group)
                    for index, names in self.root_groups.items()
                    for group in names
                ),
            )
        )
        self.active = self.chosen

    def _groups(
        self, known: Mapping[str, object], default: list[str] | str | None
    ) -> frozenset[str]:
        """The chosen ones of the groups a root has.

        uv's default is the group `dev`, unless `tool.uv.default-groups` says
        otherwise; newer locks repeat that setting.
        """
        if self.groups is not None:
            return self.groups & known.keys()
        default = default if default is not None else self.subject.default_groups
        if default == "all":
            return frozenset(known)
        return frozenset(["dev"] if default is None else default) & known.keys()

    def conditions(self) -> Conditions:
        return Conditions(self.environment, extras=self.active)

    def run(self) -> tuple[dict[int, frozenset[str]], dict[int, set[int]]]:
        """Walk until no further extra becomes active.

        Which fork of a distribution counts can depend on extras that are only
        met on the way (`tool.uv.conflicts`), hence more than one round; uv
        makes two. Without conflicts the first round is the last.
        """
        while True:
            found, parents = reach([(_ROOT, frozenset())], self._edges)
            met = frozenset(
                _encoded(self.subject.lock.package[index].name, extra=extra)
                for index, extras in found.items()
                if index != _ROOT
                for extra in extras
            )
            if met <= self.active or not self.subject.lock.conflicts:
                return found, parents
            self.active |= met

    def _edges(self, node: int, extras: frozenset[str]) -> Iterator[tuple[int, frozenset[str]]]:
        if node == _ROOT:
            yield from self._from_user()
            return
        package = self.subject.lock.package[node]
        edges: Iterable[_Edge] = chain(
            package.dependencies,
            *(package.optional_dependencies.get(extra, []) for extra in extras),
            *(
                package.dev_dependencies.get(group, [])
                for group in self.root_groups.get(node, frozenset())
            ),
        )
        conditions = self.conditions()
        for edge in edges:
            line = self.subject.lines[node]
            if conditions.hold(edge.marker, self.subject.document, line):
                yield self._target(edge, line), frozenset(edge.extra)

    def _from_user(self) -> Iterator[tuple[int, frozenset[str]]]:
        for index in self.subject.roots:
            yield index, self.extras & self.subject.lock.package[index].optional_dependencies.keys()
        # Requirements of a script (PEP 723), and of a workspace without a project.
        manifest = self.subject.lock.manifest
        conditions = self.conditions()
        for requirement in chain(
            manifest.requirements, *(manifest.dependency_groups[g] for g in self.own_groups)
        ):
            if conditions.hold(requirement.marker, self.subject.document):
                for index in self._candidates(requirement.name, None):
                    forks = self.subject.lock.package[index].resolution_markers
                    if not forks or any(conditions.hold(m, self.subject.document) for m in forks):
                        yield index, frozenset(requirement.extras)

    def _target(self, edge: _Edge, line: int | None) -> int:
        found = [
            index
            for index in self._candidates(edge.name, line)
            if edge.version in {None, self.subject.lock.package[index].version}
            and edge.source in (None, self.subject.lock.package[index].source)
        ]
        if len(found) != 1:
            said = "no entry" if not found else "several entries"
            raise self._broken(f"a dependency {edge.name!r} with {said}", line)
        return found[0]

    def _candidates(self, name: str, line: int | None) -> list[int]:
        try:
            return self.subject.by_name[name]
        except KeyError:
            raise self._broken(f"a dependency {name!r} with no entry", line) from None

    def _broken(self, what: str, line: int | None) -> SubjectError:
        return self.subject.document.problem(f"has {what}; lock again with uv lock", line)


def read_uv_lock(document: Document) -> UvSubject:
    """Read a `uv.lock`.

    Raises:
        SubjectError: It is not valid, or of a version that is not known.
    """
    data = parse_toml(document)
    if data.get("version") != 1:
        raise document.problem(
            f"version is {data.get('version')!r}; known is 1, lock again with uv"
        )
    if "distribution" in data:  # what uv called packages before 0.3
        data["package"] = data.pop("distribution")
    lock = convert(document, data, _Lock)
    by_name: dict[str, list[int]] = {}
    for index, package in enumerate(lock.package):
        by_name.setdefault(package.name, []).append(index)
    members = set(lock.manifest.members)
    roots = tuple(
        index
        for index, package in enumerate(lock.package)
        if package.is_local
        and (package.name in members or posixpath.normpath(package.address) == ".")
    )
    manifest = lock.manifest
    if lock.package and not (roots or manifest.requirements or manifest.dependency_groups):
        raise document.problem("has no project that asks for its entries; lock again with uv lock")
    project = project_beside(document.place)
    return UvSubject(
        document,
        lock,
        entry_lines(document, "package", len(lock.package)),
        project.default_groups if project else None,
        by_name,
        roots,
    )
