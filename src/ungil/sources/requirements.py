"""Which versions of a build tool a project allows."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ungil.sources.model import UnreadableError
from ungil.sources.script import flat
from ungil.sources.tree import SourceFile

__all__ = ["at_least", "read_toml", "requirements_of", "table"]


def read_toml(file: SourceFile) -> dict[str, Any]:
    """A TOML file.

    Raises:
        UnreadableError: It cannot be read, is no TOML, or is absurdly deep.
    """
    try:
        return tomllib.loads(file.text())
    except RecursionError:
        raise UnreadableError("it nests too deeply to be meant") from None
    except ValueError as error:
        raise UnreadableError(f"it is not valid TOML: {error}") from None


def table(document: Any, *path: str) -> dict[str, Any]:  # noqa: ANN401 - as the file has it
    """A table inside a document; empty where there is none."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def requirements_of(pyproject: dict[str, Any]) -> Iterator[Requirement]:
    """What it takes to build and to run, as far as it is written in a `pyproject.toml`."""
    project = table(pyproject, "project")
    listed = flat(table(pyproject, "build-system").get("requires"), project.get("dependencies"))
    for text in listed:
        try:
            yield Requirement(text)
        except (InvalidRequirement, TypeError):
            continue


def at_least(requirements: list[Requirement], name: str, wanted: str) -> bool | None:
    """Is the version of a tool at least `wanted`? None if both are allowed.

    Requirements whose markers exclude a free-threaded 3.14 do not count.
    """
    specifiers = SpecifierSet()
    here = {"python_version": "3.14", "python_full_version": "3.14.0"}
    for requirement in requirements:
        if canonicalize_name(requirement.name) != name:
            continue
        if requirement.marker is None or requirement.marker.evaluate(here):
            specifiers &= requirement.specifier
    bounds = [(s.operator, _version(s.version.removesuffix(".*"))) for s in specifiers]
    floor = Version(wanted)
    if any(v >= floor for o, v in bounds if o in {">=", "==", "~=", ">", "==="}):
        return True
    exact = [v for o, v in bounds if o in {"==", "===", "<="}]
    # `~=1.4` stays below 2, `~=1.4.2` below 1.5.
    near = [
        Version(".".join(str(n + (i == len(v.release) - 2)) for i, n in enumerate(v.release[:-1])))
        for o, v in bounds
        if o == "~=" and len(v.release) > 1
    ]
    ceilings = [v for o, v in bounds if o == "<"] + near
    if any(v < floor for v in exact) or any(v <= floor for v in ceilings):
        return False
    return None


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")
