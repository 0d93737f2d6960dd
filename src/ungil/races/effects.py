"""What the methods of the built-in containers do to their container, as plain data.

Source: "Thread Safety Guarantees" of the Python documentation (Doc/library/threadsafety.rst
of 3.15), which says of lists, dicts, sets and bytearrays which operations are one step for
other threads. Each of these methods is one step here, whatever it does inside; iterating is
not. `deque` holds its object's lock likewise (Modules/_collectionsmodule.c).
"""

from __future__ import annotations

import array
import collections
import csv
import enum
import itertools
import weakref
from collections.abc import Iterable
from types import GeneratorType

__all__ = ["Effect", "effects", "iterators"]


class Effect(enum.IntFlag):
    """What an operation does; the native core knows the same numbers."""

    KEY_READ = 1
    """Looks at what is under its key."""
    KEY_WRITE = 2
    """Changes what is under its key."""
    STRUCTURE_READ = 4
    """Looks at the length, the keys or the order."""
    STRUCTURE_WRITE = 8
    """Changes them."""
    ALL_WRITE = 16
    """Changes what is under any key."""
    ITERATES = 32
    """Looks at one after the other, in many steps."""
    IF_MISSING = 64
    """Changes the structure if the key was missing."""
    IF_PRESENT = 128
    """Changes the structure if the key was there."""
    ADVANCES = 256
    """Takes the next one from an iterator."""
    GIVES = 512
    """Leaves something that another thread may take out."""
    TAKES = 1024
    """Takes something out, and so knows what was done before it was put in."""
    FILLS = 2048
    """Stores something under its key, if there was nothing, after it has made it."""
    STEPWISE = 4096
    """Reads and writes what depends on it, in Python code or otherwise not in one step."""


_E = Effect
_LOOK = _E.STRUCTURE_READ
_CHANGE = _E.STRUCTURE_WRITE
_SHIFT = _E.STRUCTURE_WRITE | _E.ALL_WRITE
_STORE = _E.KEY_WRITE | _E.IF_MISSING | _E.GIVES
_REMOVE = _E.KEY_WRITE | _E.IF_PRESENT

_SEQUENCE = {
    "__getitem__": _E.KEY_READ,
    "__setitem__": _E.KEY_WRITE,
    "__delitem__": _SHIFT,
    "__len__": _LOOK,
    "__contains__": _LOOK,
    "__iter__": _LOOK | _E.ITERATES,
    "append": _CHANGE | _E.GIVES,
    "appendleft": _SHIFT | _E.GIVES,
    "extend": _CHANGE | _E.GIVES,
    "__iadd__": _CHANGE | _E.GIVES,
    "__imul__": _CHANGE,
    "extendleft": _SHIFT | _E.GIVES,
    "insert": _SHIFT | _E.GIVES,
    "pop": _CHANGE | _E.TAKES,
    "popleft": _SHIFT | _E.TAKES,
    "remove": _SHIFT,
    "clear": _SHIFT,
    "reverse": _SHIFT,
    "rotate": _SHIFT,
    "sort": _SHIFT,
    "copy": _LOOK,
    "count": _LOOK,
    "index": _LOOK,
}

_MAPPING = {
    "__getitem__": _E.KEY_READ,
    "__setitem__": _STORE,
    "__delitem__": _E.KEY_WRITE | _CHANGE,
    "__contains__": _E.KEY_READ,
    "__len__": _LOOK,
    "__iter__": _LOOK | _E.ITERATES,
    "get": _E.KEY_READ,
    "setdefault": _STORE,
    "pop": _REMOVE | _E.TAKES,
    "popitem": _SHIFT | _E.TAKES,
    "move_to_end": _CHANGE,
    "clear": _SHIFT,
    "update": _SHIFT | _E.GIVES,
    "__ior__": _SHIFT | _E.GIVES,
    "copy": _LOOK,
}

_SET = {
    "__contains__": _E.KEY_READ,
    "__len__": _LOOK,
    "__iter__": _LOOK | _E.ITERATES,
    "add": _STORE,
    "discard": _REMOVE,
    "remove": _REMOVE,
    "pop": _SHIFT | _E.TAKES,
    "clear": _SHIFT,
    "update": _SHIFT | _E.GIVES,
    "__ior__": _SHIFT | _E.GIVES,
    "copy": _LOOK,
    **dict.fromkeys(
        (
            "union",
            "intersection",
            "difference",
            "symmetric_difference",
            "isdisjoint",
            "issubset",
            "issuperset",
        ),
        _LOOK,
    ),
    **dict.fromkeys(
        ("intersection_update", "difference_update", "symmetric_difference_update"), _SHIFT
    ),
    **dict.fromkeys(("__iand__", "__isub__", "__ixor__"), _SHIFT),
}

# Methods that classes get from collections.abc are Python code, one step after the other.
_STEP_BY_STEP = {
    **dict.fromkeys(("setdefault", "pop"), _E.KEY_WRITE | _CHANGE | _E.STEPWISE),
    **dict.fromkeys(("popitem", "clear"), _SHIFT | _E.STEPWISE),
    "update": _SHIFT | _E.GIVES,  # stores one after the other, and reads none
    "get": _E.KEY_READ,
    "__contains__": _E.KEY_READ,
}

_CONTAINERS: tuple[tuple[type, dict[str, Effect]], ...] = (
    (list, _SEQUENCE),
    (collections.deque, _SEQUENCE),
    (bytearray, _SEQUENCE),
    (array.array, _SEQUENCE),
    (dict, _MAPPING),
    (collections.OrderedDict, _MAPPING),
    (collections.defaultdict, {}),
    (set, _SET),
    (weakref.WeakValueDictionary, _MAPPING),
    (weakref.WeakKeyDictionary, _MAPPING),
    (weakref.WeakSet, _SET),
    (collections.UserDict, _MAPPING),
    (collections.UserList, _SEQUENCE),
    (collections.ChainMap, _MAPPING),
    (collections.abc.MutableMapping, _STEP_BY_STEP),
    (
        collections.Counter,
        dict.fromkeys(
            ("update", "subtract", "__iadd__", "__isub__", "__ior__", "__iand__"),
            _SHIFT | _E.STEPWISE,
        ),
    ),
    (GeneratorType, dict.fromkeys(("__next__", "send", "throw", "close"), _E.ADVANCES)),
)

_ITERATORS: tuple[Iterable[object], ...] = (
    iter([]),
    iter(()),
    iter({}),
    iter({}.values()),
    iter({}.items()),
    iter(set()),
    iter(""),
    iter(b""),
    iter(range(0)),
    iter(range(1 << 100, 1 << 100)),
    iter(collections.deque()),
    iter(int, 0),
    reversed([]),
    reversed({}),
    enumerate(()),
    zip(),
    map(int, ()),
    filter(None, ()),
    itertools.chain(),
    itertools.islice((), 0),
    itertools.cycle(()),
    itertools.takewhile(bool, ()),
    itertools.dropwhile(bool, ()),
    itertools.starmap(int, ()),
    itertools.accumulate(()),
    itertools.groupby(()),
    itertools.product(),
    itertools.permutations(()),
    itertools.combinations((), 0),
    itertools.pairwise(()),
    itertools.tee(())[0],
    csv.reader(()),
)


def effects() -> dict[object, int]:
    """The effects, by the descriptors that the types hold."""
    found: dict[object, int] = {}
    for container, methods in _CONTAINERS:
        for name, effect in methods.items():
            if name in vars(container):
                found[vars(container)[name]] = int(effect)
    return found


def iterators() -> tuple[type, ...]:
    """The types whose `next` is more than one step for who shares one of them.

    `itertools.count` and `repeat` are not among them: programs rely on `next(count())`
    being one step, and it is (Modules/itertoolsmodule.c, count_next).
    """
    return (GeneratorType, *dict.fromkeys(type(one) for one in _ITERATORS))
