"""Which names of a module are shared by several of its functions, and how.

A global is watched if some function declares it `global`, a variable of a function if one
inside it declares it `nonlocal`: what no function rebinds but its own, no two threads can
race to rebind. What is what the compiler's own symbol tables say.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Literal

__all__ = ["Kind", "Scopes"]

Kind = Literal["global", "cell"]


class Scopes:
    """The scope that a walk through a module is in."""

    def __init__(self, text: str, path: str, tree: ast.Module) -> None:
        """At the module's own.

        Args:
            text: Of the module.
            path: For the messages of errors.
            tree: Of the same text, before anything in it is changed.

        Raises:
            SyntaxError: The names make no sense, e.g. `nonlocal` of none.
        """
        self._globals: set[str] = set()
        self._nonlocals: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Global):
                self._globals.update(node.names)
            elif isinstance(node, ast.Nonlocal):
                self._nonlocals.update(node.names)
        self._scopes: list[symtable.SymbolTable | frozenset[str] | None] = []
        self._waiting: defaultdict[tuple[str, int], deque[symtable.SymbolTable]]
        self._waiting = defaultdict(deque)
        if not self.watches_any:
            return
        top = symtable.symtable(_without_escapes(text), path, "exec")
        self._scopes.append(top)
        for table in _below(top):
            # There are others of the same name and line, e.g. of its type parameters.
            if table.get_type() in {"function", "class"}:
                self._waiting[table.get_name(), table.get_lineno()].append(table)

    @property
    def watches_any(self) -> bool:
        """Is any name of the module watched?"""
        return bool(self._globals or self._nonlocals)

    def enter(self, node: ast.AST) -> None:
        """Go into the scope that a node makes: a function, a class, a comprehension."""
        if not self.watches_any:
            return
        generators: list[ast.comprehension] | None = getattr(node, "generators", None)
        if generators is not None:
            # Since 3.12 the compiler's tables leave out most of them (PEP 709).
            targets = (part for one in generators for part in ast.walk(one.target))
            names = (
                part.id
                for part in targets
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            )
            self._scopes.append(frozenset(names))
            return
        name: str = getattr(node, "name", "lambda")
        line: int = getattr(node, "lineno", 0)
        waiting = self._waiting[name, line]
        # Several of one name on one line come in the order of the source. If there is
        # none, the compiler knows better, and nothing in it is watched.
        self._scopes.append(waiting.popleft() if waiting else None)

    def leave(self) -> None:
        """Go back to the scope around."""
        if self.watches_any:
            self._scopes.pop()

    def kind(self, name: str) -> Kind | None:
        """How a name of the scope is shared; None if it is not watched."""
        if name not in self._globals and name not in self._nonlocals:
            return None
        for scope in reversed(self._scopes):
            if isinstance(scope, frozenset):
                if name in scope:
                    return None
            elif scope is None:
                return None
            # Before 3.12 a table does not know what only its comprehensions use.
            elif (symbol := _symbol(scope, name)) is not None or scope.get_type() == "module":
                return self._kind(scope, symbol, name)
        return None

    def _kind(
        self, table: symtable.SymbolTable, symbol: symtable.Symbol | None, name: str
    ) -> Kind | None:
        if table.get_type() == "module" or symbol is None or symbol.is_global():
            return "global" if name in self._globals else None
        if name in self._nonlocals and (symbol.is_free() or _is_shared(table, name)):
            return "cell"
        return None


def _without_escapes(text: str) -> str:
    """The same names in the same places, and no strings that the compiler warns of.

    It has done so when the text was parsed, and would once more.
    """
    return re.sub(r"\\(N\{[^}\n]*\}|[{}]|\r?\n|\r|.)", _without_escape, text)


def _without_escape(found: re.Match[str]) -> str:
    behind: str = found[1]
    if behind in "{}":
        return f"_{behind}"
    return found[0] if behind in {"\n", "\r\n", "\r"} else "_" * len(found[0])


def _below(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _below(child)


def _symbol(table: symtable.SymbolTable, name: str) -> symtable.Symbol | None:
    try:
        return table.lookup(name)
    except KeyError:
        return None


def _is_shared(table: symtable.SymbolTable, name: str) -> bool:
    """Does a scope inside a function use the function's own variable?"""
    return any(
        (symbol := _symbol(child, name)) is not None
        and (symbol.is_free() or (not symbol.is_local() and _is_shared(child, name)))
        for child in table.get_children()
    ) or any(
        _symbol(child, name) is None and _is_shared(child, name) for child in table.get_children()
    )
