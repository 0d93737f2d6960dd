"""`[tool.ungil]` of a project's pyproject.toml.

A key that does not exist is an error that names the nearest one that does: a
misspelt `fail-on` that is silently passed over would turn a check off.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from ungil.findings import Evidence, Finding, Location, Severity
from ungil.rules import IGNORE_EXPIRED, IGNORE_UNUSED, RULES
from ungil.target import (
    DEFAULT_VERSIONS,
    Platform,
    PythonVersion,
    TargetError,
    parse_platform,
    parse_python,
)

__all__ = [
    "EVIDENCE",
    "FAIL_ON",
    "Config",
    "ConfigError",
    "Ignore",
    "RaceConfig",
    "apply_ignores",
    "is_module_name",
    "load",
]

_T = TypeVar("_T")

FAIL_ON = {s.value: s for s in Severity if s is not Severity.UNKNOWN}
"""What `fail-on` may be; unknowns have an exit status of their own."""

EVIDENCE = {e.value: e for e in (Evidence.TAG, Evidence.DECLARATION)}
"""What `evidence` may be; stronger evidence runs code, which no file should ask for."""


class ConfigError(ValueError):
    """A `[tool.ungil]` that cannot be meant; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """A finding the user has decided to live with.

    Attributes:
        rule: The rule's code.
        reason: Why; mandatory.
        distribution: Normalised name; None for every distribution.
        until: The last day on which it holds; None for ever.
        location: Where it is written.
        where: A pattern that a place of the finding fits: its file, its file and line,
            or the function around it; None for every place.
    """

    rule: str
    reason: str
    distribution: str | None = None
    until: date | None = None
    location: Location | None = None
    where: str | None = None

    def covers(self, finding: Finding) -> bool:
        """Is this what the user meant?"""
        name = finding.subject.split(" ", 1)[0]
        if self.rule != finding.rule.code or self.distribution not in {None, name}:
            return False
        return self.where is None or any(
            fnmatch.fnmatchcase(place, self.where) for place in _places(finding)
        )


def _places(finding: Finding) -> Iterator[str]:
    """What a pattern may name."""
    sides = finding.sides
    for location in (finding.location, *(side.location for side in sides)):
        if location is not None:
            yield location.path
            yield str(location)
    yield from (side.function for side in sides if side.function)


@dataclass(frozen=True, slots=True)
class RaceConfig:
    """`[tool.ungil.race]`.

    Attributes:
        include: Packages that are watched beside the project's own.
        exclude: Packages that are not watched.
        include_stdlib: Is the standard library watched?
        history: Variables that are remembered at most; 0 for as many as there are.
        together: How often each test is run at once; 1 for as it is.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include_stdlib: bool = False
    history: int = 0
    together: int = 1


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one project; every one has a default.

    Attributes:
        targets: Default: the two newest supported free-threaded releases.
        platforms: Empty for this machine's.
        extras: Extras of the project to include.
        groups: Dependency groups to include; None for the subject's default.
        only_binary: Never count on a source distribution.
        evidence: How closely wheels are looked at.
        fail_on: The lightest severity that fails a run.
        ignores: Findings set aside.
        race: Of `ungil race`.
    """

    targets: tuple[PythonVersion, ...] = tuple(map(parse_python, DEFAULT_VERSIONS))
    platforms: tuple[Platform, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] | None = None
    only_binary: bool = False
    evidence: Evidence = Evidence.DECLARATION
    fail_on: Severity = Severity.ERROR
    ignores: tuple[Ignore, ...] = ()
    race: RaceConfig = RaceConfig()


def load(pyproject: Path) -> Config:
    """Read the configuration of the project whose pyproject.toml is given.

    A file without `[tool.ungil]`, or no file at all, gives the defaults.

    Raises:
        ConfigError: Unreadable TOML, an unknown key, a value of the wrong
            type, an ignore without a reason.
    """
    try:
        text = pyproject.read_text("utf-8-sig")
        table = tomllib.loads(text).get("tool", {}).get("ungil", {})
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{pyproject.name}: cannot be read: {error}") from None
    except AttributeError:  # `tool` is not a table
        return Config()
    return _config(table, pyproject.name, text)


def apply_ignores(
    findings: Iterable[Finding], ignores: Iterable[Ignore], today: date
) -> tuple[Finding, ...]:
    """Mark what the user ignores, and report ignores that are past or useless."""
    marked = list(findings)
    for ignore in ignores:
        subject = f"ignore of {ignore.rule}" + (
            f" for {ignore.distribution or ignore.where}"
            if ignore.distribution or ignore.where
            else ""
        )
        if ignore.until is not None and today > ignore.until:
            marked.append(
                Finding(
                    IGNORE_EXPIRED,
                    subject,
                    f"It held until {ignore.until} ({ignore.reason}), so it no longer counts.",
                    "Fix the finding, or set a later `until` with a reason that is still true.",
                    location=ignore.location,
                )
            )
            continue
        hits = [i for i, finding in enumerate(marked) if ignore.covers(finding)]
        for i in hits:
            marked[i] = marked[i].ignore(ignore.reason)
        if not hits:
            marked.append(
                Finding(
                    IGNORE_UNUSED,
                    subject,
                    "Nothing was found that it covers.",
                    "Remove it from [tool.ungil].",
                    location=ignore.location,
                )
            )
    return tuple(marked)


def _config(table: object, path: str, text: str) -> Config:
    where = f"{path}: [tool.ungil]"
    entries = _table(table, where, _READERS)
    config = Config()
    for key, value in entries.items():
        if key != "ignore":
            name = key.replace("-", "_")
            config = replace(config, **{name: _READERS[key](value, f"{where}: {key}")})
    ignores = _list(entries.get("ignore", []), dict, f"{where}: ignore", "a list of tables")
    lines = _ignore_lines(text)
    read = tuple(
        _ignore(entry, f"{where}: ignore[{i}]", Location(path, lines.get(i)))
        for i, entry in enumerate(ignores)
    )
    return replace(config, ignores=read)


def _ignore(entry: dict[str, Any], where: str, location: Location) -> Ignore:
    entries = _table(entry, where, ("rule", "reason", "distribution", "until", "where"))
    for needed in ("rule", "reason"):
        if not isinstance(entries.get(needed), str) or not entries[needed].strip():
            raise ConfigError(f"{where}: needs `{needed}`, a text")
    if entries["rule"] not in RULES:
        raise ConfigError(
            f"{where}: there is no rule {entries['rule']!r}{_near(entries['rule'], RULES)}"
        )
    until = entries.get("until")
    if isinstance(until, str):
        try:
            until = date.fromisoformat(until)
        except ValueError:
            raise ConfigError(f"{where}: `until` is no date; write 2027-01-31") from None
    if until is not None and (isinstance(until, datetime) or not isinstance(until, date)):
        raise ConfigError(f"{where}: `until` is no date; write 2027-01-31")
    name = entries.get("distribution")
    if name is not None and not isinstance(name, str):
        raise ConfigError(f"{where}: `distribution` is no text")
    pattern = entries.get("where")
    if pattern is not None and not (isinstance(pattern, str) and pattern.strip()):
        raise ConfigError(f"{where}: `where` is no text; write a file, FILE:LINE or a function")
    return Ignore(
        rule=entries["rule"],
        reason=entries["reason"].strip(),
        distribution=None if name is None else _normalise(name),
        until=until,
        location=location,
        where=None if pattern is None else pattern.strip().removeprefix("./"),
    )


def _ignore_lines(text: str) -> dict[int, int]:
    """The line on which the nth ignore names its rule; tomllib does not tell."""
    section, found = "", []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.replace(" ", "")
        if stripped.startswith("["):
            section = stripped
        if section.lstrip("[").startswith("tool.ungil") and _RULE_KEY.search(stripped):
            found.append(number)
    return dict(enumerate(found))


_RULE_KEY = re.compile(r"^[^#]*\brule=")


def _normalise(name: str) -> str:
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - only if there are ignores

    return canonicalize_name(name)


def _table(value: object, where: str, known: Iterable[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: must be a table")
    for key in value:
        if key not in known:
            raise ConfigError(f"{where}: unknown key {key!r}{_near(key, known)}")
    return value


def _near(word: str, known: Iterable[str]) -> str:
    known = list(known)
    nearest = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]!r}?" if nearest else f"; known are {', '.join(known)}"


def _list(value: object, kind: type, where: str, what: str) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
        raise ConfigError(f"{where}: must be {what}")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    return tuple(_list(value, str, where, "a list of texts"))


def _names(value: object, where: str) -> tuple[str, ...]:
    return tuple(map(_normalise, _texts(value, where)))


def _targets(value: object, where: str) -> tuple[PythonVersion, ...]:
    return _parsed(parse_python, value, where)


def _platforms(value: object, where: str) -> tuple[Platform, ...]:
    return _parsed(parse_platform, value, where)


def _parsed(parse: Callable[[str], _T], value: object, where: str) -> tuple[_T, ...]:
    try:
        return tuple(map(parse, _texts(value, where)))
    except TargetError as error:
        raise ConfigError(f"{where}: {error}") from None


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where}: must be true or false")
    return value


def _choice(choices: Mapping[str, _T]) -> Callable[[object, str], _T]:
    def read(value: object, where: str) -> _T:
        if not isinstance(value, str) or value not in choices:
            raise ConfigError(f"{where}: must be one of {', '.join(choices)}")
        return choices[value]

    return read


def _modules(value: object, where: str) -> tuple[str, ...]:
    names = _texts(value, where)
    for name in names:
        if not is_module_name(name):
            raise ConfigError(f"{where}: {name!r} is no package; write it as in an import")
    return names


def is_module_name(name: str) -> bool:
    """Could it be imported, e.g. `requests` or `app.models`?"""
    return all(part.isidentifier() for part in name.split("."))


def _at_least(least: int) -> Callable[[object, str], int]:
    def read(value: object, where: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ConfigError(f"{where}: must be a whole number of {least} or more")
        return value

    return read


def _race(value: object, where: str) -> RaceConfig:
    config = RaceConfig()
    for key, one in _table(value, where, _RACE_READERS).items():
        read = _RACE_READERS[key](one, f"{where}: {key}")
        config = replace(config, **{key.replace("-", "_"): read})
    return config


_RACE_READERS: dict[str, Callable[[object, str], Any]] = {
    "include": _modules,
    "exclude": _modules,
    "include-stdlib": _flag,
    "history": _at_least(0),
    "together": _at_least(1),
}

_READERS: dict[str, Callable[[object, str], Any]] = {
    "targets": _targets,
    "platforms": _platforms,
    "extras": _names,
    "groups": _names,
    "only-binary": _flag,
    "evidence": _choice(EVIDENCE),
    "fail-on": _choice(FAIL_ON),
    "ignore": lambda value, _: value,
    "race": _race,
}
