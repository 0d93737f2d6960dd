"""Whether cibuildwheel, as it is configured, makes wheels for 3.14t or later.

Facts, from the selector and the build platforms of its releases: 3.0 has 3.14t
for those who `enable` the group `cpython-freethreading`; 3.1 and later build
it by default; 4.0 adds 3.15t and drops 3.13t with the group. 2.x knows 3.13t
only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from ungil.findings import Location
from ungil.sources.requirements import table
from ungil.sources.script import flat

__all__ = ["NEWEST", "Run", "builds", "version_of"]

NEWEST = Version("4")
"""What is assumed where no version is written."""

_PLATFORMS = {
    "linux": ("manylinux_x86_64", "musllinux_x86_64", "manylinux_aarch64"),
    "macos": ("macosx_arm64", "macosx_x86_64"),
    "windows": ("win_amd64",),
}
_MOST_PATTERNS = 1000
_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Run:
    """One use of cibuildwheel.

    Attributes:
        version: Which one.
        environment: Its `CIBW_…` variables.
        location: Where it is used.
    """

    version: Version
    environment: Mapping[str, str]
    location: Location


def builds(run: Run, pyproject: dict[str, Any]) -> bool | None:
    """Does this run make a wheel for a free-threaded 3.14 or later?

    None if it depends on something that is known only when it runs, such as
    the matrix of a workflow.
    """
    options = table(pyproject, "tool", "cibuildwheel")
    doubt = False
    for platform, machines in _PLATFORMS.items():
        settings = {
            name: _setting(run.environment, options, name, platform)
            for name in ("build", "skip", "enable", "free-threaded-support")
        }
        if any("${" in value for value in settings.values()):
            doubt = True
            continue
        identifiers = _identifiers(run.version, settings, pyproject)
        if any(_selects(settings, f"{i}-{machine}") for i in identifiers for machine in machines):
            return True
    return None if doubt else False


def _setting(environment: Mapping[str, str], options: dict[str, Any], name: str, on: str) -> str:
    """The environment goes before the file, and a platform before all."""
    variable = f"CIBW_{name.upper().replace('-', '_')}"
    for value in (
        environment.get(f"{variable}_{on.upper()}"),
        environment.get(variable),
        table(options, on).get(name),
        options.get(name),
    ):
        if value is not None:
            return " ".join(str(part) for part in flat(value))
    return "*" if name == "build" else ""


def _identifiers(
    version: Version, settings: Mapping[str, str], pyproject: dict[str, Any]
) -> Iterator[str]:
    """The free-threaded Pythons that this version has and the settings turn on."""
    groups = settings["enable"].split()
    enabled = "cpython-freethreading" in groups or "all" in groups
    enabled = enabled or settings["free-threaded-support"].lower() in {"true", "1", "yes"}
    wanted = _requires_python(pyproject)
    has_314t = version >= Version("3.1") or (version >= Version("3.0") and enabled)
    if has_314t and wanted.contains("3.14.99"):
        yield "cp314t"
    if version >= Version("4.0") and wanted.contains("3.15.99"):
        yield "cp315t"


def _requires_python(pyproject: dict[str, Any]) -> SpecifierSet:
    try:
        return SpecifierSet(str(table(pyproject, "project").get("requires-python", "")))
    except InvalidSpecifier:
        return SpecifierSet()


def _selects(settings: Mapping[str, str], identifier: str) -> bool:
    def matches(patterns: str) -> bool:
        return any(
            fnmatch(identifier, one) for pattern in patterns.split() for one in _expand(pattern)
        )

    return matches(settings["build"]) and not matches(settings["skip"])


def _expand(pattern: str) -> list[str]:
    """The braces of a shell pattern: `cp{313,314}*` is two."""
    done: list[str] = []
    waiting = [pattern]
    while waiting and len(done) + len(waiting) < _MOST_PATTERNS:
        one = waiting.pop()
        braces = _BRACES.search(one)
        if braces is None or "," not in braces[1]:
            done.append(one)
            continue
        waiting += [one[: braces.start()] + w + one[braces.end() :] for w in braces[1].split(",")]
    return done


def version_of(text: str) -> Version:
    """The version in `v3.1.4`; the newest where it is none, such as a commit."""
    try:
        return Version(text.removeprefix("v"))
    except InvalidVersion:
        return NEWEST
