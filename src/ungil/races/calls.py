"""What instrumented code calls, as builtins: until the interpreter is gone.

When CPython ends, it empties the builtins and puts back those that it began with
(Python/pylifecycle.c, finalize_restore_builtins_dict). Code of the program may run after
that: finalisers, and callbacks of weak references.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence

__all__ = ["FORMS", "PREFIX", "harmless", "offer"]

PREFIX = "__ungil_"
"""No namespace of the program changes by builtins. Their names end in underscores, too, so
no class mangles them."""

FORMS = (
    "attribute",
    "named",
    "item",
    "member",
    "holding",
    "keyed",
    "key",
    "among",
    "receiver",
    "last",
    "used",
    "in_attribute",
    "in_item",
    "whole",
    "method",
    "iterate",
    "next",
    "variable",
    "storing",
    "here",
    "imported",
    "dying",
)
"""What is called of a touch."""

_GIVE_NOTHING = frozenset({"variable", "imported"})


def harmless(forms: Sequence[str] = FORMS) -> dict[str, Callable[..., object]]:
    """What gives back what it is given and tells nobody, by form."""
    return {form: _nothing if form in _GIVE_NOTHING else _first for form in forms}


def offer(calls: Mapping[str, object], at_the_end: Mapping[str, object]) -> None:
    """Make builtins of what is called.

    Args:
        calls: Each by what its name has between `PREFIX` and the underscores.
        at_the_end: What stands in their place once the builtins were put back.
    """
    names = vars(builtins)
    names.update({f"{PREFIX}{name}__": called for name, called in calls.items()})
    # Nobody else has it, so it dies when the builtins are emptied.
    ends = names.setdefault(f"{PREFIX}ends__", _Ends(names))
    ends.calls |= {f"{PREFIX}{name}__": called for name, called in at_the_end.items()}


class _Ends:
    """Learns of the end of the builtins by its own."""

    def __init__(self, names: dict[str, object]) -> None:
        self.calls: dict[str, object] = {}
        self._names = names

    def __del__(self) -> None:
        """Put back what is missing."""
        for name, called in self.calls.items():
            self._names.setdefault(name, called)


def _first(given: object, *_: object) -> object:
    return given


def _nothing(*_: object) -> None:
    return None
