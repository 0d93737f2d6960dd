"""The marks in the programs of the corpus, and whether a report is what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).with_name("corpus")

_MARK = re.compile(r"\b(expect|allow|since):\s*([\w.]+(?:,\s*[\w.]+)*)")


@dataclass(frozen=True)
class Program:
    """One program of the corpus.

    Attributes:
        path: Of its file.
        expected: Lines and the rule that one of them at least must be found with.
        allowed: Lines and rules that may be found there besides.
        since: The first Python in which it is racy.
    """

    path: Path
    expected: dict[int, str]
    allowed: dict[int, frozenset[str]]
    since: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    def complaints(self, report: dict[str, Any]) -> list[str]:
        """What a JSON report says that the marks do not, or the other way round."""
        wrong: list[str] = []
        found = False
        for finding in report["findings"]:
            code, lines = finding["code"], _lines(finding)
            if code == "UG411":
                continue
            if any(self.expected.get(line) == code for line in lines):
                found = True
            elif not any(code in self.allowed.get(line, ()) for line in lines):
                wrong.append(f"{code} at lines {sorted(lines)}: {finding['message']}")
        if self.expected and not found:
            wrong.append(f"not found: {self.expected}")
        return wrong


def programs() -> list[Program]:
    """All of them."""
    paths = (path for name in ("racy", "fixed") for path in CORPUS.glob(f"*/{name}.py"))
    return [_read(path) for path in sorted(paths)]


def _read(path: Path) -> Program:
    expected: dict[int, str] = {}
    allowed: dict[int, frozenset[str]] = {}
    since: tuple[int, ...] = (3, 11)
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        for kind, text in _MARK.findall(line.partition("#")[2]):
            codes = [one.strip() for one in text.split(",")]
            if kind == "expect":
                expected[number] = codes[0]
            elif kind == "allow":
                allowed[number] = frozenset(codes)
            else:
                since = tuple(map(int, codes[0].split(".")))
    return Program(path, expected, allowed, since)


def _lines(finding: dict[str, Any]) -> set[int]:
    # Steps that begin with "in" are the calls on the way.
    steps = [one for one in finding["steps"] if not one["text"].startswith("in ")]
    places = [finding, *finding["sides"], *steps]
    return {one["location"]["line"] for one in places if one["location"] is not None}
