"""`[tool.poetry]`: what Poetry kept there before it read `[project]`.

https://python-poetry.org/docs/pyproject/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import Struct
from packaging.utils import canonicalize_name

from ungil.project.declared import Asked, Project, asked
from ungil.project.places import Document
from ungil.project.poetry_constraints import Dependency, dependencies

__all__ = ["PoetryTable", "with_poetry"]


class _Group(Struct):
    dependencies: dict[str, Any] = {}
    optional: bool = False


class PoetryTable(Struct, rename="kebab"):
    """The parts of `[tool.poetry]` that say what is needed."""

    name: str | None = None
    dependencies: dict[str, Any] = {}
    dev_dependencies: dict[str, Any] = {}
    group: dict[str, _Group] = {}
    extras: dict[str, list[str]] = {}


def with_poetry(project: Project, table: PoetryTable, *, standard: bool) -> Project:
    """`project` with what the table adds to it.

    Args:
        project: As the standard tables have it.
        table: Poetry's.
        standard: Do the standard tables already hold the dependencies? Then
            Poetry's only say where some of them come from.

    Raises:
        SubjectError: An entry is neither a version nor a table of Poetry's form.
    """
    document = project.document
    main = _entries(document, table.dependencies, "tool.poetry.dependencies")
    python = table.dependencies.get("python")
    extras: dict[str, tuple[Asked, ...]] = {
        canonicalize_name(extra): tuple(
            one
            for entry, one in main
            if one.name in {canonicalize_name(name.partition(" ")[0]) for name in names}
        )
        for extra, names in table.extras.items()
    }
    groups: dict[str, tuple[Asked, ...]] = {
        canonicalize_name(name): tuple(
            one
            for _, one in _entries(
                document, group.dependencies, f"tool.poetry.group.{name}.dependencies"
            )
        )
        for name, group in table.group.items()
    }
    if table.dev_dependencies:
        old = _entries(document, table.dev_dependencies, "tool.poetry.dev-dependencies")
        groups["dev"] = (*groups.get("dev", ()), *(one for _, one in old))
    addresses = {one.name: one for _, one in main if one.address is not None}
    return replace(
        project,
        name=project.name or (table.name and canonicalize_name(table.name)),
        requires_python=project.requires_python or (python if isinstance(python, str) else None),
        dependencies=_placed(project.dependencies, addresses)
        if standard
        else tuple(one for entry, one in main if not entry.optional),
        extras={n: _placed(a, addresses) for n, a in project.extras.items()} or extras,
        groups=_merged(project.groups, groups),
        optional_groups=frozenset(
            canonicalize_name(name) for name, group in table.group.items() if group.optional
        ),
    )


def _entries(
    document: Document, table: Mapping[str, Any], header: str
) -> list[tuple[Dependency, Asked]]:
    found: list[tuple[Dependency, Asked]] = []
    for name, value in table.items():
        if name == "python":
            continue
        line = document.line_of(f"\n{name} =", after=f"[{header}]")
        line = None if line is None else line + 1  # the search began with the line before
        try:
            entries = dependencies(name, value)
        except ValueError as error:
            raise document.problem(f"{header}: {error}; correct it", line) from None
        for entry in entries:
            one = asked(document, entry.requirement, line)
            found.append((entry, replace(one, address=entry.address, kind=entry.kind)))
    return found


def _placed(those: tuple[Asked, ...], addresses: Mapping[str, Asked]) -> tuple[Asked, ...]:
    return tuple(
        replace(one, address=addresses[one.name].address, kind=addresses[one.name].kind)
        if one.name in addresses
        else one
        for one in those
    )


def _merged(
    one: Mapping[str, tuple[Asked, ...]], other: Mapping[str, tuple[Asked, ...]]
) -> dict[str, tuple[Asked, ...]]:
    """Groups of both; what both declare counts once, as the standard table has it."""
    merged = dict(one)
    for name, those in other.items():
        present = {a.name for a in merged.get(name, ())}
        merged[name] = (*merged.get(name, ()), *(a for a in those if a.name not in present))
    return merged
