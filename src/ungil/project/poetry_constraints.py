"""Poetry's own notation of versions and dependencies, into PEP 440 and PEP 508.

https://python-poetry.org/docs/dependency-specification/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ungil.project.requirement import parse_specifiers

__all__ = ["Dependency", "admitting", "alternatives", "dependencies"]

_CLAUSE = re.compile(r"(\^|~=|~|===|==|=|!=|<=|>=|<|>)?\s*([^\s,<>=!~^|]+)")
_GAP = re.compile(r"[\s,]*")


def alternatives(constraint: str) -> list[str]:
    """Each side of the `||` in a version constraint, as a PEP 440 specifier.

    >>> alternatives("^1.2 || ~3.4.5")
    ['>=1.2,<2', '>=3.4.5,<3.5']

    Raises:
        ValueError: It is no constraint.
    """
    return [",".join(_clauses(side)) for side in re.split(r"\s*\|\|?\s*", constraint.strip())]


def admitting(constraint: str, version: str) -> str:
    """The alternative that lets `version` in, otherwise the last; raises likewise."""
    every = alternatives(constraint)
    return next((a for a in every if SpecifierSet(a).contains(version, True)), every[-1])


def _clauses(side: str) -> Iterator[str]:
    position = 0
    while position < len(side):
        match = _CLAUSE.match(side, position)
        if match is None:
            raise ValueError(f"{side!r} is no version constraint")
        for clause in _clause(match[1] or "", match[2]):
            try:
                parse_specifiers(clause)
            except ValueError:
                raise ValueError(f"{side!r} is no version constraint") from None
            yield clause
        gap = _GAP.match(side, match.end())
        position = gap.end() if gap else match.end()


def _clause(operator: str, version: str) -> list[str]:
    if version == "*" and operator in {"", "==", "="}:
        return []
    if operator in {"", "="}:
        return [f"=={version.replace('.x', '.*')}"]
    if operator not in {"^", "~"}:
        return [f"{operator}{version}"]
    try:
        release = Version(version).release
    except ValueError:
        raise ValueError(f"{operator}{version} is no version constraint") from None
    if operator == "~":
        kept = 1 if len(release) == 1 else 2
    else:
        # The caret keeps everything up to the first number that is not zero.
        kept = next((i for i, n in enumerate(release, 1) if n), len(release))
    upper = [*release[: kept - 1], release[kept - 1] + 1]
    return [f">={version}", f"<{'.'.join(map(str, upper))}"]


@dataclass(frozen=True, slots=True)
class Dependency:
    """One entry of a Poetry dependency table.

    Attributes:
        name: As written.
        specifiers: Alternatives, each a PEP 440 specifier.
        marker: PEP 508; empty for always.
        extras: As written.
        optional: Only for extras.
        address: Of what is not from an index, None otherwise.
        kind: What `Unindexed.kind` says of it.
    """

    name: str
    specifiers: tuple[str, ...] = ("",)
    marker: str = ""
    extras: tuple[str, ...] = ()
    optional: bool = False
    address: str | None = None
    kind: str = ""

    @property
    def requirement(self) -> str:
        """As PEP 508, which cannot say `||`: the last alternative stands for all."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        marker = f"; {self.marker}" if self.marker else ""
        return f"{self.name}{extras}{self.specifiers[-1]}{marker}"


def dependencies(name: str, value: object) -> list[Dependency]:
    """The entry for `name`: a constraint, a table, or a list of tables.

    Raises:
        ValueError: It is none of these, or holds what is no constraint.
    """
    entries = value if isinstance(value, list) else [value]
    return [_dependency(name, entry) for entry in entries]


def _dependency(name: str, entry: object) -> Dependency:
    if isinstance(entry, str):
        return Dependency(name, tuple(alternatives(entry)))
    if not isinstance(entry, dict):
        raise ValueError(f"{name!r} is neither a version nor a table")  # noqa: TRY004 - a value of the file's
    address, kind = _source(entry)
    extras = entry.get("extras", [])
    if not isinstance(extras, list):
        raise ValueError(f"the extras of {name!r} are no list")  # noqa: TRY004 - a value of the file's
    return Dependency(
        name,
        tuple(alternatives(_text(entry, "version") or "*")),
        " and ".join(_markers(entry)),
        tuple(map(str, extras)),
        bool(entry.get("optional")),
        address,
        kind,
    )


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is no text")  # noqa: TRY004 - a value of the file's
    return value


def _source(entry: Mapping[str, Any]) -> tuple[str | None, str]:
    for key, kind in (("git", "vcs"), ("url", "url"), ("path", "path"), ("file", "path")):
        if key in entry:
            return _text(entry, key), "editable" if entry.get("develop") else kind
    return None, ""


def _markers(entry: Mapping[str, Any]) -> Iterator[str]:
    if python := _text(entry, "python"):
        yield _any(
            " and ".join(_python_marker(clause) for clause in side.split(",") if clause)
            for side in alternatives(python)
        )
    if platform := _text(entry, "platform"):
        yield _any(f'sys_platform == "{name.strip()}"' for name in platform.split("|") if name)
    if marker := _text(entry, "markers"):
        yield f"({marker})"


def _any(sides: Iterator[str]) -> str:
    several = [side for side in sides if side]
    if not several:
        return 'python_version >= "0"'
    return f"({' or '.join(several)})"


def _python_marker(clause: str) -> str:
    match = re.fullmatch(r"([<>=!~]+)(.*)", clause)
    if match is None:
        raise ValueError(f"{clause!r} is no version constraint")
    return f'python_full_version {match[1]} "{match[2]}"'
