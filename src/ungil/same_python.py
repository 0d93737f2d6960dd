"""The Python that runs this, once more, for a program that shall run as it would here."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

__all__ = ["same_python"]


def same_python() -> list[str]:
    """How to start it, with the options that it was given (`-O`, `-W error`, `-X gil=0`)."""
    return [sys.executable, *_options(sys.orig_argv[1:])]


def _options(words: Iterable[str]) -> Iterator[str]:
    """Those of the interpreter's command line, up to what it runs.

    The module `subprocess` has a function for it, which leaves some of them out.
    """
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word in {"-", "--"}:
            return
        if word.startswith("--"):
            yield from (word, next(rest, ""))  # --check-hash-based-pycs; all others only tell
            continue
        for at, letter in enumerate(word[1:], 1):
            if letter in "cm":
                return
            if letter in "WX":
                yield f"-{letter}{word[at + 1 :] or next(rest, '')}"
                break
            if letter not in "ix":  # to go on by hand, and to leave out the first line
                yield f"-{letter}"
