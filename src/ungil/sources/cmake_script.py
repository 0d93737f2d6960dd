"""The commands of a `CMakeLists.txt`, with their arguments.

CMake's language is a list of commands; its grammar is that of the manual page
cmake-language(7), and this reads all of it. The parsers on the package index
were rejected: one brings a formatter along, the other has no wheel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ungil.findings import Location
from ungil.sources.model import UnreadableError
from ungil.sources.script import UNKNOWN, BuildCall
from ungil.sources.tree import SourceFile

__all__ = ["calls_of"]

# One alternative for each production of cmake-language(7), "Syntax".
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<comment>#\[(?P<c>=*)\[.*?(?:\](?P=c)\]|\Z)|#[^\n]*)"
    r"|(?P<bracket>\[(?P<b>=*)\[(?P<inside>.*?)(?:\](?P=b)\]|\Z))"
    r'|(?P<quoted>"(?:\\.|[^"\\])*"?)'
    r"|(?P<paren>[()])"
    r"|(?P<word>(?:\\.|[^\s()#\"\\])+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_MOST_VALUES = 200_000
_REFERENCE = re.compile(r"\$\{([\w./+-]+)\}")


def calls_of(file: SourceFile) -> list[BuildCall]:
    """Its commands in order, variables that it sets itself filled in.

    Conditions are not followed: what is set on either way counts, the later
    one over the earlier.

    Raises:
        UnreadableError: It cannot be read, or is absurdly long.
    """
    variables: dict[str, list[object]] = {}
    calls = []
    total = 0
    for name, arguments, line in _commands(file.text()):
        filled = (value for word in arguments for value in _filled(word, variables))
        values = tuple(islice(filled, _MOST_VALUES))
        total += len(values)
        if total >= _MOST_VALUES:
            raise UnreadableError("it is too long to be worked out")
        calls.append(BuildCall(name.lower(), values, {}, Location(file.label, line)))
        if name.lower() == "set" and values and isinstance(values[0], str):
            variables[values[0]] = list(values[1:])
        if name.lower() == "list" and values[:1] == ("APPEND",) and len(values) > 2:
            variables.setdefault(str(values[1]), []).extend(values[2:])
    return calls


def _filled(word: str, variables: dict[str, list[object]]) -> list[object]:
    whole = _REFERENCE.fullmatch(word)
    if whole is not None:
        return list(variables.get(whole[1], [UNKNOWN]))[:1000]
    for name in _REFERENCE.findall(word):
        value = variables.get(name, [UNKNOWN])
        if len(value) != 1 or not isinstance(value[0], str) or len(word) > 10_000:
            return [UNKNOWN]
        word = word.replace("${" + name + "}", value[0])
    return [word]


def _commands(text: str) -> Iterator[tuple[str, list[str], int]]:
    line = 1
    name, start, depth = "", 1, 0
    arguments: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if match["paren"] == "(":
            depth += 1
        elif match["paren"] == ")":
            depth = max(0, depth - 1)
            if depth == 0 and name:
                yield name, arguments, start
                name, arguments = "", []
        elif match["space"] is None and match["comment"] is None:
            if depth:
                arguments.extend(_argument(match))
            else:
                name, start = token, line
        line += token.count("\n")


def _argument(match: re.Match[str]) -> list[str]:
    if match["bracket"] is not None:
        return [match["inside"]]
    if match["quoted"] is not None:
        return [match[0][1:-1]]
    return match[0].split(";")
