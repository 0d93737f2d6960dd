"""`[dependency-groups]`: each group with what it includes.

https://packaging.python.org/en/latest/specifications/dependency-groups/

`packaging` judges the form. Its `resolve()` is not used, since it enters a
group as often as it is included, which takes forever for a few dozen hostile
lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.dependency_groups import DependencyGroupResolver
from packaging.utils import canonicalize_name

from ungil.project.declared import Asked
from ungil.project.model import SubjectError
from ungil.project.places import Document

__all__ = ["expand_groups"]


def expand_groups(
    document: Document, tables: Mapping[str, list[Any]], asked: Callable[[str, str], Asked]
) -> dict[str, tuple[Asked, ...]]:
    """The groups by normalised name.

    Args:
        document: Where they stand.
        tables: As in the file.
        asked: Reads a requirement of the group with that name as written.

    Raises:
        SubjectError: A group is malformed, or includes itself or what is not there.
    """
    groups = _Groups(document, tables, asked)
    groups.refuse_malformed()
    try:
        return {group: groups.enter(group, ()) for group in groups.entries}
    except RecursionError:
        raise groups.broken("they include each other too deeply") from None


@dataclass
class _Groups:
    document: Document
    tables: Mapping[str, list[Any]]
    asked: Callable[[str, str], Asked]
    entries: dict[str, list[Asked | str]] = field(default_factory=dict)
    done: dict[str, tuple[Asked, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the requirements first: the message for a bad one knows its line."""
        for name, items in self.tables.items():
            self.entries[canonicalize_name(name)] = [
                self.asked(item, name) if isinstance(item, str) else _included(item)
                for item in items
            ]

    def refuse_malformed(self) -> None:
        try:
            resolver = DependencyGroupResolver(self.tables)
            for name in self.tables:
                resolver.lookup(name)
        except ExceptionGroup as group:
            raise self.broken(str(group.exceptions[0]).partition("\n")[0]) from None

    def enter(self, group: str, way: tuple[str, ...]) -> tuple[Asked, ...]:
        """What `group` holds; `way` are the groups that led here."""
        if group in way:
            raise self.broken(f"{' -> '.join((*way, group))} include each other")
        if group not in self.entries:
            raise self.broken(f"there is no group {group!r}, which {way[-1]} includes")
        if group not in self.done:
            found: dict[Asked, None] = {}
            for entry in self.entries[group]:
                inner = self.enter(entry, (*way, group)) if isinstance(entry, str) else (entry,)
                found |= dict.fromkeys(inner)
            self.done[group] = tuple(found)
        return self.done[group]

    def broken(self, what: str) -> SubjectError:
        line = self.document.line_of("[dependency-groups]")
        return self.document.problem(f"[dependency-groups]: {what}; correct it", line)


def _included(item: object) -> str:
    """The group that an entry includes; what is none is refused by `packaging`."""
    name = item.get("include-group") if isinstance(item, dict) else None
    return canonicalize_name(name) if isinstance(name, str) else ""
