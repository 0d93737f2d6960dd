"""Steps of a function whose halves are in functions that it calls.

`if not store.has(k): store.put(k, v)` touches nothing itself, and is meant as one step all the
same. Which calls of a function follow from which is found as it is for its touches; whether
they led to one variable is known only where a race was found, by the calls around its two
accesses. So this is asked when the program has ended, for the modules in which those stand.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ungil.races.containers import changes
from ungil.races.instrument.compounds import Reads, Walk
from ungil.races.instrument.idioms import Idioms, idioms
from ungil.races.instrument.nodes import Touched, number_of
from ungil.races.instrument.rewrite import rewrite
from ungil.races.trace import Mode, Site, Touch

__all__ = ["Steps", "names_of", "steps"]

# What methods call that a class has of the abstract containers, rather than of its own.
_INHERITED = {
    "get": ("__getitem__",),
    "pop": ("__getitem__", "__delitem__"),
    "popitem": ("__getitem__", "__delitem__"),
    "setdefault": ("__getitem__", "__setitem__"),
    "update": ("__setitem__",),
}


class _Use(NamedTuple):
    """What a function does at some lines: a call, or a touch, which may be one as well.

    Attributes:
        lines: Where.
        names: Of the functions that it may call; empty if that can be any.
    """

    lines: range
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Steps:
    """What of the functions of a module follows from what, calls included.

    A call is asked for by its line and by the names of the functions that it led to, and a
    touch by its line and `names_of`.

    Attributes:
        idioms: How these functions deal with change.
    """

    _uses: tuple[_Use, ...] = ()
    _follows: Mapping[_Use, set[tuple[_Use, str]]] = field(default_factory=dict)
    _returned: frozenset[_Use] = frozenset()
    _functions: Mapping[int, set[str]] = field(default_factory=dict)
    idioms: Idioms = field(default_factory=Idioms)

    def follows(
        self, earlier: int, earlier_names: Iterable[str], later: int, later_names: Iterable[str]
    ) -> set[str]:
        """How the later one follows from the earlier: `check`, `value`, both, or neither."""
        reads, acts = self._at(earlier, earlier_names), self._at(later, later_names)
        return {how for act in acts for read, how in self._follows.get(act, ()) if read in reads}

    def checks(self, line: int, names: Iterable[str]) -> Iterable[tuple[int, frozenset[str]]]:
        """Where there are checks that decide whether this happens, and what they may call."""
        for act in self._at(line, names):
            for read, how in self._follows.get(act, ()):
                if how == "check":
                    yield read.lines.start, read.names

    def returned(self, line: int, names: Iterable[str]) -> bool:
        """Does what it gives go into what its function returns, or decide that?"""
        return not self._returned.isdisjoint(self._at(line, names))

    def functions(self, line: int) -> Collection[str]:
        """The functions that touch something on a line, by their qualified names."""
        return self._functions.get(line, ())

    def _at(self, line: int, names: Iterable[str]) -> set[_Use]:
        """Who it can have been."""
        here = [use for use in self._uses if line in use.lines]
        named = {use for use in here if not use.names.isdisjoint(names)}
        return named or {use for use in here if not use.names}


def steps(source: str) -> Steps:
    """Those of a module; none if it is no Python that can be followed."""
    try:
        made = rewrite(source, "")
        walk = _Calls(list(made.touches))
        walk.go_through(made.tree)
    except (SyntaxError, ValueError, RecursionError):
        return Steps()
    uses = [
        walk.calls.get(number) or _Use(range(touch.site.line, touch.site.line + 1), names_of(touch))
        for number, touch in enumerate(walk.touches)
    ]
    follows: dict[_Use, set[tuple[_Use, str]]] = {}
    for act, reads in walk.after.items():
        follows.setdefault(uses[act], set()).update((uses[read], how) for read, how in reads)
    for number, touch in enumerate(walk.touches):
        if touch.mode is Mode.UPDATE:
            follows.setdefault(uses[number], set()).add((uses[number], "value"))
    functions: dict[int, set[str]] = {}
    for touch in made.touches:
        functions.setdefault(touch.site.line, set()).add(touch.function)
    returned = frozenset(uses[one] for one in walk.returned)
    # A cache that tells which key was asked for last is as full as before.
    changing = (
        touch.function for touch in made.touches if changes(touch) and touch.name != "move_to_end"
    )
    return Steps(tuple(uses), follows, returned, functions, idioms(ast.parse(source), changing))


def names_of(touch: Touch) -> frozenset[str]:
    """What a touch is of, and the functions of a class that it calls, should it have them."""
    reads, writes = touch.mode.reads, touch.mode.writes
    names = {touch.name or touch.form}
    match touch.form:
        case "attribute" | "named":
            names |= {"__get__", "__getattr__", "__getattribute__"} if reads else set()
            names |= {"__set__", "__setattr__", "__delete__", "__delattr__"} if writes else set()
        case "item" | "holding" | "key" if not touch.name or touch.name == "__delitem__":
            names |= {"__getitem__", "__missing__"} if reads else set()
            names |= {"__setitem__", "__delitem__"} if writes else set()
        case "member" | "keyed" | "among":
            names |= {"__contains__", "__getitem__"}
        case "whole":
            names |= {"__len__", "__bool__"}
        case "iterate" | "next":
            names |= {"__iter__", "__next__"}
    return frozenset(names)


@dataclass
class _Calls(Walk):
    """Takes calls for touches of a form of their own, too."""

    touches: list[Touch]
    calls: dict[int, _Use] = field(default_factory=dict)
    returned: set[int] = field(default_factory=set)

    def called(self, node: ast.Call, given: Reads) -> Reads:
        number = len(self.touches)
        name: str | None = getattr(node.func, "attr", None)
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        # What a bare name stands for, nobody knows: a parameter, or what a decorator made.
        names = (name, "__call__", *_INHERITED.get(name, ())) if name else ()
        self.calls[number] = _Use(lines, frozenset(names))
        self.touches.append(Touch(Site("", node.lineno), "call", Mode.READ))
        # To look a method up runs nothing of it, so it is no half of what the call does.
        method = getattr(node.func, "value", None)
        looked_up = number_of(method) if isinstance(method, Touched) else None
        self.stored(number, tuple(read for read in given if read != looked_up))
        return self.happens(number)

    def _relate(self, act: int, read: int, how: str) -> None:
        # An attribute that is read may be a property, which looks at another one.
        attributes = self.touches[read].form == self.touches[act].form == "attribute"
        if attributes and how == "check" and read != act:
            self.after.setdefault(act, {})[read, how] = None
        else:
            super()._relate(act, read, how)

    def returns(self, reads: Reads) -> None:
        self.returned.update(reads, *(guard.reads for guard in self.guards))
