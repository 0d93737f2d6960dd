"""Where the user's sources use an object, found by reading them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ungil.bench.diagnose.model import Place

__all__ = ["Use", "use"]

_CHANGING = {
    *("add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem"),
    *("popleft", "remove", "setdefault", "sort", "subtract", "update"),
}
"""Methods by which containers change."""

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LOOPS = (ast.For, ast.AsyncFor, ast.While, *_COMPREHENSIONS)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Use:
    """Where an object is used.

    Attributes:
        file: The source.
        line: Counted from 1.
        text: The expression.
        writes: Does it change the object?
        depth: How many loops are around it.
    """

    file: str
    line: int
    text: str
    writes: bool
    depth: int


def use(place: Place, files: Mapping[str, str]) -> Use | None:
    """Where functions use an object most: in the innermost loop, and rather where it is changed.

    Args:
        place: The object.
        files: The source of each of the user's modules.
    """
    # Its own module first: the same name elsewhere may be something else.
    ordered = sorted(files.items(), key=lambda pair: pair[0] != place.module)
    trees = [(file, _tree(file)) for _, file in ordered]
    found = [one for file, tree in trees for one in _uses(tree, file, _wanted(place))]
    if not found:
        # Only its own methods use it, as the task is one of them.
        found = [
            one
            for file, tree in trees
            for node in tree.body
            if isinstance(node, ast.ClassDef) and node.name == place.kind
            for one in _uses(node, file, "self")
        ]
    return max(found, key=lambda one: (one.writes, one.depth), default=None)


def _wanted(place: Place) -> str:
    """What names it: a variable, or an attribute with a dot before it."""
    attributes = re.findall(r"\.(\w+)", place.name)
    if place.key == "items":
        return f".{attributes[-1]}" if attributes else "*"
    return place.name


def _uses(tree: ast.Module | ast.ClassDef, file: str, wanted: str) -> Iterator[Use]:
    for node in tree.body:
        yield from _below(node, file, wanted, 0, inside=False)


def _below(node: ast.AST, file: str, wanted: str, depth: int, *, inside: bool) -> Iterator[Use]:
    if inside and isinstance(node, ast.expr):
        found = _expression(node, wanted)
        if found is not None:
            yield Use(file, node.lineno, ast.unparse(node)[:60], found, depth)
            return
    if isinstance(node, _FUNCTIONS):
        if getattr(node, "name", "") == "__init__":
            return  # nobody else has it yet
        inside, depth = True, 0
        if wanted == "*":
            # An item itself: the parameter of the function.
            names = [one.arg for one in node.args.args if one.arg not in {"self", "cls"}]
            wanted = names[0] if names else wanted
    deeper = depth + isinstance(node, _LOOPS)
    for child in ast.iter_child_nodes(node):
        yield from _below(child, file, wanted, deeper, inside=inside)


def _expression(node: ast.expr, wanted: str) -> bool | None:
    """Does an expression use it, and change it? None if it does not use it."""
    outer, changes = node, False
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        outer, changes = node.func.value, node.func.attr in _CHANGING
    elif isinstance(node, ast.Subscript | ast.Attribute):
        changes = isinstance(node.ctx, ast.Store | ast.Del)
        outer = node if _is(node, wanted) else node.value
    if not _is(outer, wanted):
        # `COUNTS[word].total += 1` changes what is in it, and not itself.
        if isinstance(outer, ast.Subscript | ast.Attribute) and outer is not node:
            return _expression(outer, wanted)
        return None
    if outer is node and not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return None  # it is given another object
    return changes


def _is(node: ast.expr, wanted: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == wanted
    return isinstance(node, ast.Attribute) and node.attr == wanted.removeprefix(".")


def _tree(file: str) -> ast.Module:
    try:
        return ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module([], [])
