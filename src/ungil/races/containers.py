"""What a touch does to a container, by the names that tell: of types, forms and methods."""

from __future__ import annotations

from ungil.races.observed import Conflict
from ungil.races.trace import Touch

__all__ = ["KEYED", "METHODS", "SEQUENCES", "changes", "empties", "is_a", "only_adds", "takes"]

SEQUENCES = frozenset({"list", "deque", "bytearray", "array"})
"""Types where the length and the order decide what an index means."""

KEYED = frozenset({"item", "holding", "key", "member", "keyed", "among"})
"""Forms of touches of what is under one key."""

METHODS = frozenset({"method", "item", "holding", "key", "next"})
"""Forms of touches whose name is a method's; a subscript has none."""

_TAKING = frozenset(
    {
        *("clear", "pop", "popitem", "popleft", "remove", "discard", "difference_update"),
        *("intersection_update", "symmetric_difference_update", "__delitem__", "__delattr__"),
        *("__isub__", "__iand__", "__ixor__"),
    }
)

_ADDING = frozenset(
    {
        *("add", "append", "appendleft", "extend", "extendleft", "insert", "setdefault"),
        "__iadd__",
    }
)

_CHANGING = (
    _TAKING
    | _ADDING
    | frozenset(
        {
            *("update", "sort", "reverse", "rotate", "move_to_end", "subtract"),
            *("__setitem__", "__setattr__", "__ior__", "__imul__"),
        }
    )
)


def is_a(conflict: Conflict, types: frozenset[str]) -> bool:
    """Is what is in conflict of one of these types, which may be another module's?"""
    return conflict.kind.rpartition(".")[2] in types


def changes(touch: Touch) -> bool:
    """Does it leave what it is of other than it was?"""
    return touch.mode.writes or (touch.form in METHODS and touch.name in _CHANGING)


def takes(touch: Touch) -> bool:
    """Does it take something out of a container?"""
    return touch.form in METHODS and touch.name in _TAKING


def only_adds(touch: Touch) -> bool:
    """Does it leave all in a container that was there?"""
    return touch.form in METHODS and touch.name in _ADDING


def empties(touch: Touch) -> bool:
    """Does it leave nothing in a container?"""
    return touch.name == "clear" or (touch.form == "whole" and touch.clears)
