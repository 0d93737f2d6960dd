"""Syntax trees of C, C++ and Rust, if their parsers are installed.

tree-sitter rather than a compiler's own front end: it needs no headers, no
build configuration and no compiler, and reads on after what it does not
understand. The parsers are an extra, `ungil[sources]`, since none of them has
wheels for a free-threaded build yet; so they are imported when first used.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

__all__ = ["child", "line", "parse", "readable", "text", "walk"]


@cache
def _parser(language: str) -> Parser | None:
    try:
        tree_sitter = importlib.import_module("tree_sitter")
        grammar = importlib.import_module(f"tree_sitter_{language}")
    except ImportError:
        return None
    parser: Parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    return parser


def readable(language: str) -> bool:
    """Is the parser of `c`, `cpp` or `rust` installed?"""
    return _parser(language) is not None


def parse(language: str, source: bytes) -> Node:
    """The root of the syntax tree; only for a language that is `readable`."""
    parser = _parser(language)
    assert parser is not None  # noqa: S101 - a caller's mistake, not an input's
    return parser.parse(source).root_node


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it in the order of the source; no recursion, any depth."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def text(node: Node | None) -> str:
    """What the source says there; empty for no node."""
    if node is None or node.text is None:
        return ""
    return node.text.decode("utf-8", "replace")


def line(node: Node) -> int:
    """Where it begins, counted from 1."""
    return int(node.start_point[0]) + 1


def child(node: Node | None, name: str) -> Node | None:
    """The child in this field of the grammar."""
    return None if node is None else node.child_by_field_name(name)
