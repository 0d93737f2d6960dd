"""The core in Python: what the native one means, for where that could not be compiled.

It offers what `core.Core` says, and a function for each form of touch. Differences that a
program can notice: names are exchanged, so locks that were made before, and functions that
somebody had got hold of in another way than by a module's name, are not seen; what lists,
dicts and variables of functions contain can live for longer (see `objects`); a touch needs
room for calls.
"""

from __future__ import annotations

import gc
import sys
from collections import OrderedDict
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from ungil.races.core import Told
from ungil.races.reference import telling
from ungil.races.reference.names import Exchanged
from ungil.races.reference.operations import CELL, Language, name_part
from ungil.races.reference.running import Run
from ungil.races.reference.telling import told, watching
from ungil.races.reference.threads import Touch
from ungil.races.sync import Hook
from ungil.races.trace import Mode

__all__ = [
    "all_joined",
    "among",
    "attribute",
    "blocks",
    "dying",
    "here",
    "holding",
    "imported",
    "in_attribute",
    "in_item",
    "item",
    "iterate",
    "key",
    "keyed",
    "last",
    "lost",
    "make",
    "member",
    "method",
    "module_done",
    "named",
    "next",
    "post",
    "quiet",
    "receive",
    "receiver",
    "start",
    "stop",
    "storing",
    "unordered",
    "used",
    "variable",
    "whole",
]

_MODES = tuple(Mode)
_SINGLE = (bool, int, str, type(None))
_VIEWS = frozenset(
    type(view)
    for mapping in (dict[str, str](), OrderedDict[str, str]())
    for view in (mapping.keys(), mapping.values(), mapping.items())
)

_exchanged: list[Exchanged] = []
_lost = [0]


def start(
    *,
    watcher: Told,
    effects: dict[object, int],
    iterators: tuple[type, ...],
    local: type,
    cached_property: type,
    filling: type,
    setting: type,  # noqa: ARG001 - for the native core
    hooks: Sequence[Hook],
    history: int,
) -> int:
    """Begin; the number of this thread."""
    if watching() is not None:
        raise RuntimeError("it is watching already")
    run = Run(watcher, Language(effects, iterators, local, cached_property, filling), history)
    _exchanged.append(Exchanged(hooks))
    telling.begin(run)
    thread = run.here()
    return 0 if thread is None else thread.number


def stop() -> None:
    """End; the instrumented code goes on as it is."""
    run = telling.end()
    if run is not None:
        _exchanged.pop().end()
        _lost.append(run.forgotten)


def make(first: int, touches: Sequence[tuple[Any, ...]]) -> list[object]:
    """Make constants for instrumented code; see `Core.make`."""
    return [
        Touch(
            number,
            form,
            _MODES[mode],
            name,
            direct,
            initialises,
            form == "iterate" and name in _COPYING,
            form == "here" or name == "acquire",
            tuple((first + earlier, bool(check)) for earlier, check in after),
        )
        for number, (form, mode, name, _, direct, initialises, after) in enumerate(touches, first)
    ]


_COPYING = {"list", "sorted", "set", "frozenset", "dict", "join", "extend", "update"}
# They do so with what is exactly a list, a set, a dict or a view of one, in a single step
# (Objects/listobject.c, _list_extend; setobject.c, set_update_internal; dictobject.c,
# dict_merge).


def post(channel: object, /) -> None:
    """This thread says what it did to whoever receives from a channel later."""
    told(Run.post, channel)


def receive(channel: object, /) -> None:
    """This thread learns what was posted to a channel so far."""
    told(Run.receive, channel)


def unordered(lock: object, /) -> None:
    """A lock orders nothing outside of its owner."""
    told(Run.unordered, lock)


def blocks(what: str, released: object, /) -> None:
    """This thread is about to wait; a lock is given back meanwhile, or None."""
    told(Run.blocks, what, released)


def module_done() -> None:
    """A module has been imported."""
    told(Run.module_done)


def all_joined() -> None:
    """This thread knows that all threads that have ended did so."""
    told(Run.joined_all)


def lost() -> int:
    """How many variables were forgotten for lack of room."""
    run = watching()
    return _lost[-1] if run is None else run.forgotten


def quiet(on: bool, /) -> bool:
    """Listen to this thread no more, or again; what it was before."""
    run = watching()
    return run is not None and run.quiet(on)


# What instrumented code calls.


def attribute(thing: object, touch: Touch) -> object:
    """Use the attribute that the touch names."""
    told(Run.attribute, thing, touch)
    return thing


def named(thing: object, name: object, touch: Touch) -> object:
    """Use an attribute."""
    if type(name) is str:
        told(Run.named, thing, name, touch)
    return thing


def item(thing: object, key: object, touch: Touch) -> object:
    """Use an item."""
    told(Run.item, thing, key, touch)
    return thing


member = item


def _call() -> int:
    """Which call of the program's function it is that calls one of ours."""
    return id(sys._getframe(2))  # noqa: SLF001 - nothing public tells two calls of one function apart


def holding(thing: object, touch: Touch) -> object:
    """Use an item of this, whose key comes next; or with this key, of what comes next."""
    told(Run.hold, thing, touch, _call())
    return thing


keyed = receiver = holding


def key(thing: object, touch: Touch) -> object:
    """The key of an item."""
    told(Run.key, thing, touch, _call())
    return thing


def among(thing: object, touch: Touch) -> object:
    """The container of an item."""
    told(Run.among, thing, touch, _call())
    return thing


def last(value: object, *given: object) -> object:
    """The last argument of a call that uses what waits; behind it a key, and the touch."""
    *keys, touch = given
    told(Run.last, keys, touch, _call())
    return value


def used(value: object, thing: object, *given: object) -> object:
    """Likewise, of what is given once more."""
    *keys, touch = given
    told(Run.used, thing, keys, touch)
    return value


def in_attribute(value: object, *given: object) -> object:
    """The last operand of what changes in place what an attribute of an object holds."""
    *things, name, touch = given
    told(Run.in_attribute, things, name, touch, _call())
    return value


def in_item(value: object, *given: object) -> object:
    """Likewise, what an item of a container holds."""
    *things, key, touch = given
    told(Run.in_item, things, key, touch, _call())
    return value


def whole(thing: object, touch: Touch) -> object:
    """Use a length, or many items at once."""
    if type(thing) not in _SINGLE:
        told(Run.whole, thing, touch)
    return thing


def method(thing: object, touch: Touch) -> object:
    """Call a method that has the name of one of a container."""
    told(Run.method, thing, touch)
    return thing


def iterate(thing: object, touch: Touch) -> object:
    """Go through something."""
    if type(thing) in _VIEWS:
        told(Run.iterate_view, gc.get_referents(thing)[0], touch)
    elif type(thing) not in {tuple, str}:
        told(Run.iterate, thing, touch)
    return thing


def next(thing: object, touch: Touch) -> object:  # noqa: A001 - the forms are called so
    """Take the next one of an iterator."""
    told(Run.next, thing, touch)
    return thing


def variable(touch: Touch, cell_of: object = None) -> None:
    """Use a variable: one of a function, if another function is given that uses just it."""
    _variable(touch, cell_of, sys._getframe(1).f_globals)  # noqa: SLF001 - whose variable it is


def storing(value: object, touch: Touch, cell_of: object = None) -> object:
    """Store a value in a variable."""
    _variable(touch, cell_of, sys._getframe(1).f_globals)  # noqa: SLF001 - whose variable it is
    return value


def _variable(touch: Touch, cell_of: object, variables: dict[str, object]) -> None:
    if cell_of is None:
        told(Run.variable, variables, name_part(touch.name), touch)
    elif type(cell_of) is FunctionType and len(cell_of.__closure__ or ()) == 1:
        told(Run.variable, cell_of.__closure__[0], CELL, touch)  # type: ignore[index]  # it has one


def here(thing: object, touch: Touch) -> object:
    """Be at a place."""
    told(Run.here_is, touch)
    return thing


def imported(touch: Touch) -> None:  # noqa: ARG001 - as the native core has it
    """Have imported something."""
    told(Run.imported)


def dying(thing: object, touch: Touch) -> object:
    """Be finalised."""
    told(Run.dying, thing, touch)
    return thing
