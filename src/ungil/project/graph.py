"""What is reached from where: the one walk that all locks with edges share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

__all__ = ["reach"]

_Node = TypeVar("_Node", bound=Hashable)


def reach(
    roots: Iterable[tuple[_Node, frozenset[str]]],
    edges: Callable[[_Node, frozenset[str]], Iterable[tuple[_Node, frozenset[str]]]],
) -> tuple[dict[_Node, frozenset[str]], dict[_Node, set[_Node]]]:
    """Walk from `roots` along `edges`.

    A node is visited again when somebody asks for more of its extras, hence
    at most once for each of them.

    Args:
        roots: Nodes with the extras that are asked of them.
        edges: What a node with these extras asks for, with extras.

    Returns:
        Each node reached with all extras asked of it, and who asks for it.
    """
    extras: dict[_Node, frozenset[str]] = {}
    parents: dict[_Node, set[_Node]] = {}
    queue: deque[_Node] = deque()

    def ask(node: _Node, more: frozenset[str]) -> None:
        before = extras.get(node)
        if before is None or more - before:
            extras[node] = (before or frozenset()) | more
            queue.append(node)

    for node, asked in roots:
        ask(node, asked)
    while queue:
        node = queue.popleft()
        for child, asked in edges(node, extras[node]):
            parents.setdefault(child, set()).add(node)
            ask(child, asked)
    return extras, parents
