"""What stands below the table, in the same order in all formats for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ungil.bench import words
from ungil.bench.model import Advice, Result

__all__ = ["Part", "parts"]

Part = tuple[str, list[list[str]]]
"""A title, and what is below it: each in one line or several."""


def parts(result: Result) -> Iterator[Part]:
    """Only those of which there is something to tell; nothing in them is escaped yet."""
    if result.advice is not None:
        yield "Advice", list(_advice(result.advice))
    if result.findings:
        yield "What stands in the way", [list(words.found(one)) for one in result.findings]
    for title, lines in (
        ("One thread", words.costs(result)),
        ("Scaling", words.scaled(result)),
        ("Not measured", words.missing(result)),
        ("Unclear", words.unclear(result)),
        ("Outliers, which count like all others", words.outlying(result)),
        ("Does not apply", words.without(result)),
        ("Notes", result.notes),
    ):
        listed = [[line] for line in lines]
        if listed:
            yield title, listed


def _advice(advice: Advice) -> Iterable[list[str]]:
    yield [advice.answer]
    yield from ([f"because {one}"] for one in advice.reasons)
    yield from ([f"unless {one}"] for one in advice.unless)
