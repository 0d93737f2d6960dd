"""Files read whole and split into lines and words: memory and computing, hardly any waiting.

That is what is called file I/O in the published table. What was just written is read from the
system's cache; where the disk is waited for, it is a different question.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

PARAMETERS = {"lines": 40_000, "files": 20}
QUICK = {"lines": 8_000}

_LINE = "a line of a file with ten words in it\n"


def items(lines: int, files: int) -> list[str]:
    """The files, written before anything is timed."""
    paths = [Path(_folder().name, f"{number}.txt") for number in range(files)]
    for number, path in enumerate(paths):
        path.write_text(_LINE * (lines + number), "utf-8")
    return [str(path) for path in paths]


def task(name: str) -> tuple[int, int, int]:
    """How many lines, words and characters a file has."""
    text = Path(name).read_text("utf-8")
    lines = text.split("\n")
    words = text.split()
    return len(lines) - 1, len(words), len(text)


def check(results: list[tuple[int, int, int]], lines: int, files: int) -> bool:
    """Is it what was written?"""
    return results == [
        (count, 10 * count, len(_LINE) * count) for count in range(lines, lines + files)
    ]


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """One for the process; removed when it ends, or with what the sample was given."""
    return tempfile.TemporaryDirectory()
