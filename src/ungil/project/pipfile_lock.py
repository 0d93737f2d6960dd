"""`Pipfile.lock`, pipfile-spec 6.

https://pipenv.pypa.io/en/latest/pipfile.html and
https://github.com/pypa/pipfile
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import Struct, field
from packaging.utils import canonicalize_name

from ungil.project.conditions import Conditions, choose
from ungil.project.model import Pin, Selection, Unindexed, Wanted
from ungil.project.pins import normal_version, sha256, together, unindexed
from ungil.project.places import Document
from ungil.project.tables import convert, parse_json, parse_toml

__all__ = ["PipfileSubject", "read_pipfile_lock"]

# As pipenv writes it: sections and entries one a line, each level by four blanks.
_SECTION = re.compile(r'^ {4}"([^"]+)": \{', re.MULTILINE)
_ENTRY = re.compile(r'^ {8}"([^"]+)": \{')


class _Requires(Struct):
    python_version: str | None = None
    python_full_version: str | None = None


class _Meta(Struct, rename={"spec": "pipfile-spec"}):
    spec: Any = None
    requires: _Requires = field(default_factory=_Requires)


class _Entry(Struct):
    version: str | None = None
    hashes: list[str] = []
    markers: str | None = None
    editable: bool = False
    git: str | None = None
    hg: str | None = None
    svn: str | None = None
    bzr: str | None = None
    path: str | None = None
    file: str | None = None

    @property
    def address(self) -> tuple[str, str] | None:
        """Where it comes from and of what kind, if not from an index."""
        kinds = (
            *((where, "vcs") for where in (self.git, self.hg, self.svn, self.bzr)),
            (self.path, "path"),
            (self.file, "url"),
        )
        found = next(((where, kind) for where, kind in kinds if where is not None), None)
        return found and (found[0], "editable" if self.editable else found[1])


@dataclass(frozen=True)
class PipfileSubject:
    """A lock of Pipenv's; its groups are the categories, `develop` among them."""

    document: Document
    meta: _Meta
    categories: Mapping[str, Mapping[str, _Entry]]
    lines: Mapping[tuple[str, str], int]
    declared: Mapping[str, frozenset[str]] | None

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
        """See `Subject.select`; the default category alone by default."""
        choose(self.document, "extra", extras, ())
        by_group: dict[str, str] = {canonicalize_name(name): name for name in self.categories}
        asked = choose(self.document, "group", groups or (), by_group.keys() - {"default"})
        conditions = Conditions(environment)
        pins: list[Pin] = []
        wanted: list[Wanted] = []
        others: list[Unindexed] = []
        direct = self._direct({"default", *asked})
        for category in (by_group[group] for group in ("default", *sorted(asked))):
            for name, entry in self.categories[category].items():
                line = self.lines.get((category, name))
                if not conditions.hold(entry.markers, self.document, line):
                    continue
                if entry.address is not None:
                    address, kind = entry.address
                    others.append(
                        unindexed(self.document, canonicalize_name(name), address, kind, line)
                    )
                elif entry.version and entry.version.startswith("=="):
                    pins.append(self._pin(name, entry, line, direct))
                else:
                    # Pipenv leaves the version open for what it met no need to look at,
                    # e.g. a marker that is false where it ran.
                    wanted.append(self._wanted(name, entry, line))
        ordered, notes = together(self.path, pins)
        return Selection(
            pins=ordered,
            wanted=tuple(wanted),
            unindexed=tuple(others),
            requires_python=self._requires_python(),
            notes=notes,
        )

    def _direct(self, groups: set[str]) -> frozenset[str] | None:
        if self.declared is None:
            return None
        return frozenset(name for group in groups for name in self.declared.get(group, ()))

    def _pin(
        self, name: str, entry: _Entry, line: int | None, direct: frozenset[str] | None
    ) -> Pin:
        normal = canonicalize_name(name)
        version = (entry.version or "").lstrip("=")
        return Pin(
            name=normal,
            version=normal_version(self.document, name, version, line),
            location=self.document.at(line),
            hashes=sha256(entry.hashes),
            direct=None if direct is None else normal in direct,
        )

    def _wanted(self, name: str, entry: _Entry, line: int | None) -> Wanted:
        version = "" if entry.version in {None, "*"} else f"{entry.version}"
        return Wanted(f"{name}{version}", self.document.at(line), sha256(entry.hashes))

    def _requires_python(self) -> str | None:
        requires = self.meta.requires
        if requires.python_full_version:
            return f"=={requires.python_full_version}"
        return requires.python_version and f"=={requires.python_version}.*"


def read_pipfile_lock(document: Document) -> PipfileSubject:
    """Read a `Pipfile.lock`.

    Raises:
        SubjectError: It is not valid, or of a specification that is not known.
    """
    data = convert(document, parse_json(document), dict[str, dict[str, Any]])
    meta = convert(document, data.pop("_meta", {}), _Meta)
    if meta.spec != 6:
        raise document.problem(f"pipfile-spec is {meta.spec!r}; known is 6, lock again with pipenv")
    categories = {
        category: {
            name: convert(document, entry, _Entry, f"{category}.{name}")
            for name, entry in entries.items()
        }
        for category, entries in data.items()
    }
    categories.setdefault("default", {})
    return PipfileSubject(document, meta, categories, dict(_lines(document)), _declared(document))


def _lines(document: Document) -> Iterator[tuple[tuple[str, str], int]]:
    section = ""
    for number, line in enumerate(document.text.split("\n"), 1):
        if match := _SECTION.match(line):
            section = match[1]
        elif match := _ENTRY.match(line):
            yield (section, match[1]), number


def _declared(document: Document) -> dict[str, frozenset[str]] | None:
    """The names in the Pipfile beside the lock, by the lock's names of its sections."""
    place = document.place.beside("Pipfile")
    if not place.exists():
        return None
    sections = {"packages": "default", "dev-packages": "develop"}
    return {
        canonicalize_name(sections.get(name, name)): frozenset(map(canonicalize_name, entries))
        for name, entries in parse_toml(place.read()).items()
        if isinstance(entries, dict)
    }
