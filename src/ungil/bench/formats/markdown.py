"""What was measured as GitHub-flavoured Markdown, for a comment or a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ungil.bench.formats.parts import parts
from ungil.bench.model import Result
from ungil.bench.words import COLUMNS, about, caption, described, rows
from ungil.markdown import table, text

__all__ = ["render"]


def render(results: Sequence[Result]) -> str:
    """The machine, and a table and sentences for each task."""
    blocks: list[str] = []
    for one in results:
        blocks += _task(one)
    if results:
        machine = ((text(label), text(value)) for label, value in described(results[0].machine))
        blocks += ["### Machine", table(("", ""), machine)]
    return "\n\n".join(blocks) + "\n"


def _task(result: Result) -> Iterator[str]:
    yield f"### {text(result.measured.task.name)}"
    for one in result.refusals:
        yield f"**Nothing is concluded: {text(one)}.**"
    yield table(COLUMNS, (list(map(text, row.cells)) for row in rows(result)))
    yield text(caption(result)) + " " + text("; ".join(about(result))) + "."
    for title, lines in parts(result):
        yield f"**{title}**"
        yield "\n".join(_lines(lines))


def _lines(lines: Iterable[Sequence[str]]) -> Iterator[str]:
    for first, *others in lines:
        yield f"- {text(first)}"
        # In the same paragraph of the item, on lines of their own.
        yield from (f"  <br>{text(line)}" for line in others)
