"""Somebody else's text in GitHub-flavoured Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ungil.findings import printable

__all__ = ["table", "text"]

# All that begins something in CommonMark or GitHub's dialect within a line.
# What only counts at the start of a line never gets there.
_SPECIAL = re.compile(r"([\\`*_{}\[\]~$#!])")


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what is in its cells has gone through `text`."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def text(somebodys: str) -> str:
    """Somebody else's text, so that nothing in it is markup or calls anybody.

    A pipe ends a cell wherever it stands, so it becomes an entity. A mention
    is not markup and has no escape: an invisible space breaks it.
    """
    escaped = printable(somebodys).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = _SPECIAL.sub(r"\\\1", escaped)
    return escaped.replace("|", "&#124;").replace("@", "@&#8203;")
