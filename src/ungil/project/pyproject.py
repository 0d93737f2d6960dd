"""`pyproject.toml` into the `Project` it declares.

https://packaging.python.org/en/latest/specifications/pyproject-toml/
https://packaging.python.org/en/latest/specifications/dependency-groups/

No build backend is ever run, so dynamic dependencies are known only where
setuptools takes them from a file
(https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html#dynamic-metadata).
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from msgspec import Struct, field
from packaging.utils import canonicalize_name

from ungil.project.declared import Asked, Project, asked
from ungil.project.groups import expand_groups
from ungil.project.model import Wanted
from ungil.project.places import Document, Place
from ungil.project.poetry_table import PoetryTable, with_poetry
from ungil.project.requirements_format import parse_requirements
from ungil.project.tables import convert, parse_toml

__all__ = ["declares_dependencies", "project_beside", "read_pyproject"]


class _Standard(Struct, rename="kebab"):
    name: str | None = None
    requires_python: str | None = None
    dynamic: list[str] = []
    dependencies: list[str] = []
    optional_dependencies: dict[str, list[str]] = {}


class _Index(Struct):
    url: str
    name: str | None = None
    default: bool = False
    explicit: bool = False


class _Uv(Struct, rename="kebab"):
    sources: dict[str, dict[str, Any] | list[dict[str, Any]]] = {}
    dev_dependencies: list[str] = []
    default_groups: list[str] | str | None = None
    constraint_dependencies: list[str] = []
    override_dependencies: list[Any] = []
    index: list[_Index] = []


class _Pdm(Struct, rename="kebab"):
    dev_dependencies: dict[str, list[str]] = {}


class _FromFile(Struct):
    file: list[str] | str = []


class _Dynamic(Struct, rename="kebab"):
    dependencies: _FromFile | None = None
    optional_dependencies: dict[str, _FromFile] = {}


class _Setuptools(Struct):
    dynamic: _Dynamic = field(default_factory=_Dynamic)


class _Tool(Struct):
    uv: _Uv = field(default_factory=_Uv)
    poetry: PoetryTable | None = None
    pdm: _Pdm = field(default_factory=_Pdm)
    setuptools: _Setuptools = field(default_factory=_Setuptools)


class _Pyproject(Struct, rename="kebab"):
    project: _Standard | None = None
    dependency_groups: dict[str, list[Any]] = {}
    tool: _Tool = field(default_factory=_Tool)


def declares_dependencies(document: Document) -> bool:
    """Is this more than the configuration of some tools?

    Raises:
        SubjectError: It is not TOML.
    """
    table = parse_toml(document)
    tool = table.get("tool")
    in_tool = isinstance(tool, dict) and "poetry" in tool
    return in_tool or "project" in table or "dependency-groups" in table


def project_beside(lock: Place) -> Project | None:
    """The project whose lock this is: that of the pyproject.toml in the same directory.

    Raises:
        SubjectError: There is one that cannot be read.
    """
    place = lock.beside("pyproject.toml")
    if not place.exists():
        return None
    document = place.read()
    return read_pyproject(document) if declares_dependencies(document) else None


def read_pyproject(document: Document) -> Project:
    """Read a `pyproject.toml`.

    Raises:
        SubjectError: It is not valid, or declares nothing.
    """
    if not declares_dependencies(document):
        raise document.problem(
            "has no [project], so no dependencies; name a requirements file or a lock"
        )
    table = convert(document, parse_toml(document), _Pyproject)
    return _Reading(document, table).project()


@dataclass(frozen=True)
class _Reading:
    """A pyproject.toml on its way to a `Project`."""

    document: Document
    table: _Pyproject

    def project(self) -> Project:
        standard = self.table.project or _Standard()
        uv = self.table.tool.uv
        found = Project(
            self.document,
            standard.name and canonicalize_name(standard.name),
            standard.requires_python,
            tuple(self._all(standard.dependencies, "dependencies")),
            {
                canonicalize_name(extra): tuple(self._all(texts, extra))
                for extra, texts in standard.optional_dependencies.items()
            },
            self._groups(),
            default_groups=uv.default_groups,
            constraints=tuple(
                Wanted(one.text, self.document.at(one.line))
                for one in self._all(uv.constraint_dependencies, "constraint-dependencies")
            ),
            notes=tuple(self._notes()),
            indexes=tuple(index.url for index in uv.index if index.default)[:1],
            extra_indexes=tuple(
                index.url for index in uv.index if not (index.default or index.explicit)
            ),
        )
        poetry = self.table.tool.poetry
        if poetry is not None:
            told = self.table.project is not None and "dependencies" not in standard.dynamic
            found = with_poetry(found, poetry, standard=told)
        return self._with_dynamic(found, standard)

    def _all(self, texts: Iterable[str], table: str) -> Iterator[Asked]:
        for text in texts:
            yield self._from_source(asked(self.document, text, self._line(text, table)))

    def _line(self, text: str, table: str) -> int | None:
        # As TOML writes it: in double quotes, or literally in single ones.
        for quoted in (json.dumps(text, ensure_ascii=False), f"'{text}'"):
            if line := self.document.line_of(quoted, after=f"\n{table} ="):
                return line
        return None

    def _from_source(self, one: Asked) -> Asked:
        """With where `tool.uv.sources` takes it from, if not from an index."""
        for entry in self._sources(one.name):
            for key, kind in (("git", "vcs"), ("url", "url"), ("path", "path")):
                if key in entry:
                    is_editable = entry.get("editable") is True
                    return replace(
                        one, address=str(entry[key]), kind="editable" if is_editable else kind
                    )
            if entry.get("workspace") is True:
                return replace(one, address="a member of the workspace", kind="editable")
        return one

    def _sources(self, name: str) -> list[dict[str, Any]]:
        """A list has one source for each marker; any that is no index counts."""
        for key, source in self.table.tool.uv.sources.items():
            if canonicalize_name(key) == name:
                return source if isinstance(source, list) else [source]
        return []

    def _notes(self) -> Iterator[str]:
        uv = self.table.tool.uv
        if uv.override_dependencies:
            yield (
                f"{self.document.place.label}: tool.uv.override-dependencies is not applied; "
                "a uv.lock would be."
            )
        explicit = {index.name for index in uv.index if index.explicit}
        for name in uv.sources:
            for entry in self._sources(canonicalize_name(name)):
                if isinstance(index := entry.get("index"), str) and index in explicit:
                    yield f"{name} comes from the index {index!r} alone, which is not asked."

    def _groups(self) -> dict[str, tuple[Asked, ...]]:
        tool = self.table.tool
        groups: dict[str, tuple[Asked, ...]] = {
            canonicalize_name(name): tuple(self._all(texts, name))
            for name, texts in tool.pdm.dev_dependencies.items()
        }
        if tool.uv.dev_dependencies:
            groups["dev"] = tuple(self._all(tool.uv.dev_dependencies, "dev-dependencies"))
        standard = expand_groups(
            self.document,
            self.table.dependency_groups,
            lambda text, group: next(self._all([text], group)),
        )
        return {**groups, **standard}

    def _with_dynamic(self, project: Project, standard: _Standard) -> Project:
        dynamic = self.table.tool.setuptools.dynamic
        if "dependencies" in standard.dynamic and not project.dependencies:
            if dynamic.dependencies is None:
                hidden = (
                    "its dependencies are dynamic, and no build backend is run to learn them; "
                    "check a lock (e.g. of `uv lock`) or a requirements file instead"
                )
                return replace(project, hidden=hidden)
            project = replace(project, dependencies=self._files(dynamic.dependencies))
        if "optional-dependencies" in standard.dynamic:
            more: dict[str, tuple[Asked, ...]] = {
                canonicalize_name(extra): self._files(files)
                for extra, files in dynamic.optional_dependencies.items()
            }
            project = replace(project, extras={**project.extras, **more})
        return project

    def _files(self, dynamic: _FromFile) -> tuple[Asked, ...]:
        names = [dynamic.file] if isinstance(dynamic.file, str) else dynamic.file
        return tuple(one for name in names for one in self._file(name))

    def _file(self, name: str) -> Iterator[Asked]:
        # As for setuptools: what is outside the project is not its to read.
        if posixpath.normpath(name).startswith(("..", "/")) or ":" in name or "\\" in name:
            raise self.document.problem(f"{name!r} is outside the project; correct the path")
        document = self.document.place.beside(name).read()
        for statement in parse_requirements(document):
            if statement.options:
                raise document.problem(
                    "setuptools takes no options here; remove them", statement.line
                )
            yield self._from_source(asked(document, statement.requirement, statement.line))
