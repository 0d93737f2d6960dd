"""TOML and JSON into typed values, whatever the file holds."""

from __future__ import annotations

import re
import tomllib
from typing import Any, TypeVar

import msgspec

from ungil.project.places import Document

__all__ = ["convert", "entry_lines", "parse_json", "parse_toml"]

_T = TypeVar("_T")
_POSITION = re.compile(r" \(at line ([0-9]+), column [0-9]+\)$")
_ENTRY = re.compile(r"^(?:(\[\[\w+\]\])|(\[)|name\s*=\s*[\"'])", re.MULTILINE)


def parse_toml(document: Document) -> dict[str, Any]:
    """The document as TOML.

    Raises:
        SubjectError: It is not, or it nests absurdly deep.
    """
    try:
        return tomllib.loads(document.text)
    except RecursionError:
        raise document.problem("nests too deeply to be meant; restore the file") from None
    # Not only TOMLDecodeError: a number of thousands of digits is a ValueError.
    except ValueError as error:
        match = _POSITION.search(str(error))
        what = str(error)[: match.start()] if match else str(error)
        line = int(match[1]) if match else None
        raise document.problem(f"is not valid TOML: {what}; correct it", line) from None


def parse_json(document: Document) -> Any:  # noqa: ANN401 - `convert` gives it a type
    """The document as JSON; raises like `parse_toml`."""
    try:
        return msgspec.json.decode(document.text)
    except RecursionError:
        raise document.problem("nests too deeply to be meant; restore the file") from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise document.problem(f"is not valid JSON: {error}; correct it") from None


def convert(document: Document, value: Any, kind: type[_T], at: str = "") -> _T:  # noqa: ANN401 - whatever a file holds
    """`value` as a `kind`.

    Args:
        document: Where it stands.
        value: What a parser made of it.
        kind: A type that `msgspec` understands.
        at: Where in the document it stands, for the message.

    Raises:
        SubjectError: It has another shape; the message names the key.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what, _, way = str(error).partition(" - at `$")
        way = f"{at}{way.rstrip('`')}".replace("[...]", "[]").lstrip(".")
        where = f" in {way!r}" if way else ""
        raise document.problem(f"is malformed: {what}{where}; restore the file") from None


def entry_lines(document: Document, table: str, count: int) -> list[int | None]:
    """The line of `name = …` in each entry of an array of tables.

    TOML parsers do not tell lines, but the tools that write locks all write
    one entry after the other with its name at the start of a line. Where the
    file does not look like that, no lines are told rather than wrong ones.
    """
    lines: list[int] = []
    header, inside = f"[[{table}]]", False
    number, counted = 1, 0
    for match in _ENTRY.finditer(document.text):
        if match[1] or match[2]:
            inside = match[1] == header
        elif inside:
            number += document.text.count("\n", counted, match.start())
            counted = match.start()
            lines.append(number)
            inside = False
    return [*lines] if len(lines) == count else [None] * count
