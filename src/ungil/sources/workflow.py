"""The uses of cibuildwheel in GitHub's workflows.

YAML is read as a tree of nodes rather than into objects: nodes know their
lines, an alias stays one node however often it is used, and no text turns into
a number or a date on its way.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from ungil.findings import Location
from ungil.sources.cibuildwheel import NEWEST, Run, version_of
from ungil.sources.model import UnreadableError
from ungil.sources.tree import SourceFile

if TYPE_CHECKING:
    from yaml import MappingNode, Node

__all__ = ["FOLDER", "is_readable", "runs_in"]

FOLDER = ".github/workflows"
_LARGEST = 512 * 1024  # the parser takes seconds for each mebibyte
_ACTION = "pypa/cibuildwheel@"


def is_readable() -> bool:
    """Is the parser of YAML installed?"""
    try:
        importlib.import_module("yaml")
    except ImportError:
        return False
    return True


def runs_in(file: SourceFile) -> Iterator[Run]:
    """Every step that runs cibuildwheel.

    Raises:
        UnreadableError: It cannot be read, is no YAML, or is absurdly deep.
    """
    yaml = importlib.import_module("yaml")
    text = file.text()
    if "cibuildwheel" not in text:
        return
    if len(text) > _LARGEST:
        raise UnreadableError(f"it is larger than {_LARGEST // 1024} KiB")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except RecursionError:
        raise UnreadableError("it nests too deeply to be meant") from None
    except (yaml.YAMLError, ValueError) as error:
        what = str(error).splitlines()[0] if str(error) else "it cannot be parsed"
        raise UnreadableError(f"it is no YAML: {what}") from None
    outer = _environment(root)
    for job in _values(_get(root, "jobs")):
        around = outer | _environment(job)
        for step in _items(_get(job, "steps")):
            version = _version(step)
            if version is not None:
                location = Location(file.label, int(step.start_mark.line) + 1)
                yield Run(version_of(version), around | _environment(step), location)


def _version(step: Node) -> str | None:
    """The version of cibuildwheel that a step runs; None if it runs none."""
    uses = _text(_get(step, "uses"))
    if uses.startswith(_ACTION):
        return uses.removeprefix(_ACTION)
    words = _text(_get(step, "run")).split()
    for word in words:
        plain = word.strip("\"'")
        if plain.startswith("cibuildwheel=="):
            return plain.partition("==")[2]
        # `pip install cibuildwheel` runs nothing yet.
        if plain == "cibuildwheel" and "install" not in words:
            return str(NEWEST)
    return None


def _environment(node: Node | None) -> dict[str, str]:
    pairs = _pairs(_get(node, "env"))
    return {_text(key): _text(value) for key, value in pairs if _text(key).startswith("CIBW_")}


def _pairs(node: Node | None) -> list[tuple[Node, Node]]:
    # PyYAML is imported only where it is needed, so a node's kind stands for its class.
    mapping = cast("MappingNode", node) if _kind(node) == "mapping" else None
    return [] if mapping is None else list(mapping.value)


def _get(node: Node | None, name: str) -> Node | None:
    return next((value for key, value in _pairs(node) if _text(key) == name), None)


def _values(node: Node | None) -> list[Node]:
    return [value for _, value in _pairs(node)]


def _items(node: Node | None) -> list[Node]:
    return list(node.value) if node is not None and _kind(node) == "sequence" else []


def _text(node: Node | None) -> str:
    return str(node.value) if node is not None and _kind(node) == "scalar" else ""


def _kind(node: Node | None) -> str:
    return str(getattr(node, "id", ""))
