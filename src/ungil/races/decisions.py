"""Which lines of a source are reached only if a test before them says so."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Decision", "decisions"]

Decision = tuple[range, range]
"""The lines of a test, and lines that it decides about."""

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def decisions(source: str) -> list[Decision]:
    """All decisions of a module; none if it is no Python.

    A test decides about its branches, and about what follows if one of them leaves.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    return [one for block in _blocks(tree) for one in _of_block(block)]


def _blocks(tree: ast.AST) -> Iterator[Sequence[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, ())
            if isinstance(block, list):
                yield block


def _of_block(block: Sequence[ast.stmt]) -> Iterator[Decision]:
    for index, statement in enumerate(block):
        if not isinstance(statement, ast.If | ast.While):
            continue
        test = _lines([statement.test])
        yield test, _lines(statement.body)
        yield test, _lines(statement.orelse)
        if isinstance(statement, ast.If) and isinstance(statement.body[-1], _LEAVES):
            yield test, _lines(block[index + 1 :])


def _lines(nodes: Iterable[ast.expr | ast.stmt]) -> range:
    every = list(nodes)
    if not every:
        return range(0)
    return range(every[0].lineno, (every[-1].end_lineno or every[-1].lineno) + 1)
