"""The sources of what ran, as far as they are still what ran."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence

from ungil.findings import Line
from ungil.races.instrument.through import Steps, steps

__all__ = ["NO_SOURCES", "Sources"]

_AROUND = 1  # lines that are shown before and behind
_LONGEST = 500  # characters of a line that are shown


class Sources:
    """Lines by file and number; what is not there is empty, and nothing is an error."""

    def __init__(self, files: Mapping[str, Sequence[str]] | Callable[[str], Sequence[str]]) -> None:
        """What the sources are.

        Args:
            files: The lines of each file, or what gives them.
        """
        self._given: Callable[[str], Sequence[str]] = (
            (lambda path: files.get(path, ())) if isinstance(files, Mapping) else files
        )
        self._known: dict[str, Sequence[str]] = {}
        self._steps: dict[str, Steps] = {}

    @classmethod
    def of_files(cls) -> Sources:
        """Those on this machine, in the encodings that they declare."""
        return cls(lambda path: [] if path.startswith("<") else linecache.getlines(path))

    def line(self, path: str, number: int) -> str:
        """One line, without its end."""
        lines = self._lines(path)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def _lines(self, path: str) -> Sequence[str]:
        if path not in self._known:
            self._known[path] = [line.rstrip("\r\n") for line in self._given(path)]
        return self._known[path]

    def have(self, path: str, text: str) -> bool:
        """Is it in one of the lines of a file?"""
        return any(text in line for line in self._lines(path))

    def steps(self, path: str) -> Steps:
        """What of a module's functions follows from what."""
        if path not in self._steps:
            self._steps[path] = steps("\n".join(self._lines(path)))
        return self._steps[path]

    def only_looks(self, path: str, function: str) -> bool:
        """Does a function change nothing, nor call a method of its own class that does?"""
        return self.steps(path).idioms.only_looks(function)

    def excerpt(self, path: str, marks: Mapping[int, str]) -> tuple[Line, ...]:
        """Some lines and those around them; where they have changed since, what is known.

        Args:
            path: Of the file.
            marks: What stood on the lines that matter, by their numbers.
        """
        if any(not self._is_still(path, number, text) for number, text in marks.items()):
            return tuple(Line(n, text, marked=True) for n, text in sorted(marks.items()) if text)
        numbers = sorted(
            {
                near
                for number in marks
                for near in range(max(1, number - _AROUND), number + _AROUND + 1)
            }
        )
        lines = {n: self.line(path, n).expandtabs()[:_LONGEST] for n in numbers}
        margin = min((len(t) - len(t.lstrip()) for t in lines.values() if t.strip()), default=0)
        while numbers and not lines[numbers[-1]].strip() and numbers[-1] not in marks:
            numbers.pop()
        while numbers and not lines[numbers[0]].strip() and numbers[0] not in marks:
            numbers.pop(0)
        return tuple(Line(n, lines[n][margin:], n in marks) for n in numbers)

    def _is_still(self, path: str, number: int, text: str) -> bool:
        begins = text.removesuffix("…").strip()
        line = self.line(path, number)
        return bool(line) and begins in line


NO_SOURCES = Sources({})
"""For those who have none."""
