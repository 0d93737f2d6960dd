"""Names by which a call is known to use a container, before it is known what it is.

Whether the object is a container, and what the method does to it, shows when it runs: a
name here costs a call where it is something else, and never changes what is computed.
"""

from __future__ import annotations

import ast

from ungil.races.trace import Mode

__all__ = [
    "BY_KEY",
    "BY_NAME",
    "CALLED_WITH",
    "CONSUMERS",
    "CONTAINERS",
    "DIRECTLY",
    "FRESH",
    "IN_PLACE",
    "ITERATING",
    "KEYED",
    "MUTATING",
    "ONLY_IF_ALONE",
    "WHOLE",
]


def _names(*lines: str) -> frozenset[str]:
    return frozenset(name for line in lines for name in line.split())


KEYED = _names(
    "get pop setdefault add discard remove move_to_end",
    "__getitem__ __setitem__ __delitem__ __contains__",
)
"""Methods whose first argument is a key."""

ITERATING = _names(
    "extend extendleft update union intersection difference symmetric_difference",
    "intersection_update difference_update symmetric_difference_update",
    "isdisjoint issubset issuperset subtract",
)
"""Methods that go through their arguments."""

WHOLE = ITERATING | _names(
    "append appendleft insert clear copy sort reverse rotate popleft popitem keys values items",
    "index count elements most_common __iter__ __len__ __next__ send throw close",
)
"""Methods of a container or an iterator that have no key."""

MUTATING = _names(
    "setdefault add __setitem__ extend extendleft update intersection_update",
    "difference_update symmetric_difference_update subtract append appendleft insert send",
)
"""Methods by which a value may come into a container."""

IN_PLACE: dict[type[ast.operator], str] = {
    ast.Add: "__iadd__",
    ast.Mult: "__imul__",
    ast.BitOr: "__ior__",
    ast.BitAnd: "__iand__",
    ast.Sub: "__isub__",
    ast.BitXor: "__ixor__",
}
"""Methods by which an operator changes a container that it is assigned to: `xs += ys`."""

CONSUMERS: dict[str, tuple[int, int | None]] = {
    **dict.fromkeys(["list", "tuple", "set", "frozenset", "dict", "sorted", "sum"], (0, 1)),
    **dict.fromkeys(["any", "all", "enumerate", "reversed", "deque", "Counter"], (0, 1)),
    **dict.fromkeys(["map", "filter"], (1, None)),
    **dict.fromkeys(["OrderedDict", "deepcopy"], (0, 1)),
    "reduce": (1, 2),
    **dict.fromkeys(["zip", "chain", "zip_longest", "product"], (0, None)),
    **dict.fromkeys(["islice", "cycle", "accumulate", "pairwise", "batched", "groupby"], (0, 1)),
    **dict.fromkeys(["nlargest", "nsmallest"], (1, 2)),
    **dict.fromkeys(["takewhile", "dropwhile", "filterfalse", "starmap"], (1, 2)),
}
"""Functions that go through arguments: the first of them, and the one behind the last."""

ONLY_IF_ALONE = _names("min max iter")
"""Functions that go through an argument if it is the only one."""

BY_NAME = {
    "getattr": Mode.READ,
    "hasattr": Mode.READ,
    "setattr": Mode.WRITE,
    "delattr": Mode.WRITE,
}
"""Functions that use an attribute that they are given the name of, and how."""

DIRECTLY = {
    "__getattribute__": Mode.READ,
    "__setattr__": Mode.WRITE,
    "__delattr__": Mode.WRITE,
}
"""Methods of `object` that do the same, past what the object's class says."""

CONTAINERS = _names("dict list set bytearray OrderedDict defaultdict deque")
"""Types whose methods may be given the container: `dict.get(d, k)`."""

BY_KEY = {
    "getitem": (Mode.READ, "__getitem__"),
    "setitem": (Mode.WRITE, "__setitem__"),
    "delitem": (Mode.WRITE, "__delitem__"),
}
"""Functions of `operator` that use an item at a key, how, and by which method."""

CALLED_WITH = {
    "heapq": {
        **dict.fromkeys(["heappop", "heapreplace", "heappushpop"], "pop"),
        "heappush": "insert",
        "heapify": "sort",
    },
    "bisect": {
        **dict.fromkeys(["bisect", "bisect_left", "bisect_right"], "index"),
        **dict.fromkeys(["insort", "insort_left", "insort_right"], "insert"),
    },
    "random": {"shuffle": "sort"},
}
"""Functions of modules that do to their first argument what a method of it does, and which."""

FRESH = _names("range enumerate zip map filter reversed sorted list tuple set frozenset dict")
"""Functions whose result nobody else has."""
