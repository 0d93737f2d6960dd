"""Objects that several items have in common."""

from __future__ import annotations

from itertools import islice

from ungil.bench.worker.otherwise.places import shareable
from ungil.bench.worker.watching.locks import Timed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["in_common", "locks_in"]

_ITEMS = 32
"""How many items are looked at, all over."""

_PARTS = 200
"""Of each container; what is shared is seldom the last of many."""

_OBJECTS = 20_000
"""Until then the graph of objects is followed."""


def in_common(items: Sequence[object]) -> list[tuple[str, object]]:
    """Objects that can be reached from several items, and how from one: `.prices`, `[0].rates`.

    Args:
        items: Of any kind.

    Returns:
        The outermost ones only.
    """
    step = max(1, len(items) // _ITEMS)
    owner: dict[int, int] = {}
    found: dict[int, tuple[str, object]] = {}
    kept: list[object] = []  # so that no number is used twice
    for number, item in enumerate(items[::step]):
        left: list[tuple[str, object]] = [("", item)]
        while left and len(kept) < _OBJECTS:
            path, one = left.pop()
            if not shareable(one):
                continue
            if id(one) not in owner:
                owner[id(one)] = number
                kept.append(one)
                left += [(path + suffix, part) for suffix, part in _parts(one)]
            elif owner[id(one)] != number:
                found.setdefault(id(one), (path, one))
    return list(found.values())


def locks_in(value: object) -> list[tuple[str, Timed]]:
    """The locks that are watched in an object, and how one comes to them: `.lock`."""
    left: list[tuple[str, object]] = [("", value)]
    seen: dict[int, object] = {}
    found: list[tuple[str, Timed]] = []
    while left and len(seen) < _PARTS:
        path, one = left.pop(0)
        if isinstance(one, Timed):
            found.append((path, one))
        elif id(one) not in seen and shareable(one):
            seen[id(one)] = one
            left += [(path + suffix, part) for suffix, part in _parts(one)]
    return found


def _parts(one: object) -> Iterator[tuple[str, object]]:
    if isinstance(one, dict):
        for key, value in islice(one.items(), _PARTS):
            yield f"[{key!r}]"[:40], value
    elif isinstance(one, (list, tuple)):
        for at, value in enumerate(one[:_PARTS]):
            yield f"[{at}]", value
    else:
        for name, value in islice((getattr(one, "__dict__", None) or {}).items(), _PARTS):
            yield f".{name}", value
        for kind in type(one).__mro__:
            slots = vars(kind).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if not name.startswith("__") and hasattr(one, name):
                    yield f".{name}", getattr(one, name)
