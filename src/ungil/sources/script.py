"""What a build script would do on a free-threaded Python, worked out without running it.

A build script is a program, and the options it passes are values. They are
worked out as far as they follow from the script itself; whatever else it asks
for is `UNKNOWN`. The two languages read this way, Python and Meson, share the
words here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ungil.findings import Location

__all__ = [
    "LONGEST",
    "UNKNOWN",
    "BuildCall",
    "both",
    "chosen",
    "flat",
    "joined",
    "negated",
    "truth",
]

_MOST_PARTS = 20_000


class _Unknown:
    """The value of what the script alone does not tell."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()

LONGEST = 1_000
"""Items of a list, or characters of a string: what is longer is UNKNOWN."""


@dataclass(frozen=True, slots=True, eq=False)
class BuildCall:
    """One call that a build script makes.

    Attributes:
        name: Of the function or method, without what it belongs to.
        arguments: The values of the positional arguments.
        keywords: The values of the others; `**` of something unknown has the
            name `**`.
        location: Where it stands.
        receiver: What the method was called on, None for a function.
    """

    name: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    location: Location
    receiver: Any = field(default=None, repr=False)


def truth(value: object) -> bool | None:
    """Is it true? None if that is not known."""
    if value is UNKNOWN or isinstance(value, BuildCall):
        return None
    return bool(value)


def negated(value: object) -> object:
    """`not value`."""
    known = truth(value)
    return UNKNOWN if known is None else not known


def chosen(condition: object, if_true: object, if_false: object) -> object:
    """One of two values."""
    known = truth(condition)
    return UNKNOWN if known is None else (if_true if known else if_false)


def joined(left: object, right: object) -> object:
    """`left + right` of texts, lists and numbers."""
    if isinstance(left, list) and not isinstance(right, list):
        # An element that is not known may be one, or many.
        right = [right]
    for kind in (str, list, tuple):
        if isinstance(left, kind) and isinstance(right, kind):
            total: Any = left + right  # type: ignore[operator] # both are of one kind
            return total if len(total) <= LONGEST else UNKNOWN
    return UNKNOWN


def both(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """What is known after a condition that is not: the values on which both ways agree."""
    merged = {}
    for name in first.keys() | second.keys():
        merged[name] = _either(first.get(name, UNKNOWN), second.get(name, UNKNOWN))
    return merged


def _either(first: object, second: object) -> object:
    if first is second:
        return first
    if isinstance(first, dict) and isinstance(second, dict):
        return {key: _agreed(first.get(key), second.get(key)) for key in first | second}
    if isinstance(first, list) and isinstance(second, list):
        shorter, longer = sorted((first, second), key=len)
        if all(_agreed(*pair) is not UNKNOWN for pair in zip(shorter, longer, strict=False)):
            return [*shorter, UNKNOWN]
    return _agreed(first, second)


def _agreed(first: object, second: object) -> object:
    """The value of both, if it is surely one; not deeper, for values may share parts."""
    if first is second:
        return first
    if type(first) is type(second) and isinstance(first, str | int) and first == second:
        return first
    return UNKNOWN


def flat(*values: object) -> Iterator[Any]:
    """The elements of lists in lists, at any depth, in order; UNKNOWN for too many."""
    stack = list(reversed(values))
    seen = 0
    while stack:
        value = stack.pop()
        seen += 1
        if seen > _MOST_PARTS:
            # Lists that share their parts are longer than any memory.
            yield UNKNOWN
            return
        if isinstance(value, list | tuple | set):
            stack.extend(reversed(list(value)))
        else:
            yield value
