"""How the functions of a module deal with change, as the shape of its source shows it.

Some make changes, some catch the error that a change raises, some compare what they kept with
what is there now. To see that, no value is followed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Idioms", "idioms"]

_EQUALITY = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)


@dataclass(frozen=True, slots=True)
class Idioms:
    """Those of a module."""

    _changing: frozenset[str] = frozenset()
    _catching: frozenset[int] = frozenset()
    _comparing: frozenset[int] = frozenset()

    def only_looks(self, function: str) -> bool:
        """Does a function change nothing, nor call a method of its own class that does?"""
        return function not in self._changing

    def catches(self, line: int) -> bool:
        """Is the error caught there that a container raises if it has changed in a loop?"""
        return line in self._catching

    def compares(self, earlier: int, later: int) -> bool:
        """Is a version, or the like, compared with what it was before, between two lines?"""
        return any(earlier < line <= later for line in self._comparing)


def idioms(module: ast.Module, changing: Iterable[str]) -> Idioms:
    """Find those of a module.

    Args:
        module: It, as it was parsed.
        changing: The functions that change something themselves, by their qualified names.
    """
    return Idioms(
        _with_those_who_call(frozenset(changing), module),
        frozenset(_catching(module)),
        frozenset(_comparing(module)),
    )


def _with_those_who_call(functions: frozenset[str], module: ast.Module) -> frozenset[str]:
    """These, and the methods that call one of them by `self` or `cls`, or one that does."""
    calls: dict[str, set[str]] = {}
    waiting: list[tuple[str, ast.AST]] = [("", module)]
    while waiting:
        prefix, node = waiting.pop()
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.ClassDef):
                waiting.append((f"{prefix}{inner.name}.", inner))
            elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                waiting.append((f"{prefix}{inner.name}.<locals>.", inner))
                calls[prefix + inner.name] = {prefix + name for name in _own_calls(inner)}
            else:
                waiting.append((prefix, inner))
    found = functions
    while more := {one for one, called in calls.items() if called & found} - found:
        found |= more
    return found


def _own_calls(function: ast.AST) -> Iterator[str]:
    """The names of the methods that a method calls on its own object or class."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name)):
                yield name


def _catching(module: ast.Module) -> Iterator[int]:
    """The lines where a RuntimeError is caught."""
    for node in ast.walk(module):
        if isinstance(node, ast.Try) and any(map(_catches_change, node.handlers)):
            for one in node.body:
                yield from range(one.lineno, (one.end_lineno or one.lineno) + 1)


def _catches_change(handler: ast.ExceptHandler) -> bool:
    errors = ast.walk(handler.type) if handler.type is not None else ()
    return any(isinstance(part, ast.Name) and part.id == "RuntimeError" for part in errors)


def _comparing(module: ast.Module) -> Iterator[int]:
    """The lines where what was kept of something is compared with what it is now."""
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            kept = {
                (part.id, _whose(other))
                for node in ast.walk(function)
                if isinstance(node, ast.Assign)
                for part in node.targets
                if isinstance(part, ast.Name)
                for other in (node.value, *node.targets)
            }
            for node in ast.walk(function):
                if isinstance(node, ast.Compare) and isinstance(node.ops[0], _EQUALITY):
                    sides = node.left, node.comparators[0]
                    for one, other in (sides, sides[::-1]):
                        whose = _whose(other)
                        if whose and isinstance(one, ast.Name) and (one.id, whose) in kept:
                            yield node.lineno


def _whose(node: ast.expr) -> str:
    """An attribute as text, or the container of an item; empty for all else."""
    match node:
        case ast.Attribute():
            return ast.unparse(node)
        case ast.Subscript(value=object_) | ast.Call(func=ast.Attribute(object_, "get")):
            return ast.unparse(object_)
    return ""
