"""What instrumented code calls under control: each use of what threads may share is a point.

Which places touch what threads do share is learnt from execution to execution; the others
are no points, so code that shares nothing is not disturbed.
"""

from __future__ import annotations

import _thread
import gc
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from functools import cached_property
from types import FrameType, FunctionType
from typing import TYPE_CHECKING

from ungil.races.detect import EVERY_ITEM
from ungil.races.effects import Effect, effects, iterators
from ungil.races.reference.operations import (
    CELL,
    ITERATOR,
    STRUCTURE,
    Alias,
    Kind,
    Language,
    is_plain,
    name_part,
    parts_of,
    plain_part,
)
from ungil.races.schedule.threads import Access
from ungil.races.trace import Mode, Touch

if TYPE_CHECKING:
    from ungil.races.schedule.threads import Thread
    from ungil.races.schedule.world import World

__all__ = ["Point", "Points"]

_SINGLE = frozenset({bool, int, str, type(None), float})
_CONTAINERS = frozenset({list, dict, set, bytearray, deque, defaultdict, OrderedDict, Counter})
_NOT_BY_ITEMS = frozenset(
    {"dict", "OrderedDict", "Counter", "update", "subtract", "reversed", "iter", "**", "yield from"}
)
"""What goes through something, and asks it for more than its items if it has more."""

_LIBRARY = frozenset({"builtins", "itertools", "functools", "_functools", "collections"})
_VIEWS = frozenset({type({}.keys()), type({}.values()), type({}.items())})


class Point:
    """A place in the source, as a constant of instrumented code.

    Attributes:
        touch: What it is.
        name: Of the attribute, variable or method.
        part: Of the object, if it is an attribute or variable.
        writes: Does it change it, as far as the source says?
        shared: Is it known to touch what several threads use?
        plain: Types of whose objects this is an attribute of their own.
    """

    __slots__ = ("halves", "mode", "name", "part", "plain", "shared", "touch", "writes")

    def __init__(self, touch: Touch, name: str) -> None:
        self.touch = touch
        self.name = name
        self.mode = touch.mode
        self.part = name_part(name)
        self.writes = touch.mode.writes
        self.halves = touch.mode is Mode.UPDATE and touch.form != "next"
        self.shared = False
        self.plain: set[type] = set()

    def __repr__(self) -> str:
        return f"<point {self.touch.site.path}:{self.touch.site.line}>"


class Points:
    """The calls, for the execution that runs; without one they give back what they get.

    Attributes:
        world: The execution, if one runs.
    """

    def __init__(self) -> None:
        self.world: World | None = None
        self._language = Language(
            effects(),
            iterators(),
            _thread._local,  # noqa: SLF001 - what threading.local is
            cached_property if sys.version_info >= (3, 12) else _Nothing,
            defaultdict,
        )

    def calls(self) -> dict[str, Callable[..., object]]:
        """By the form of touch."""
        return {
            "attribute": self.attribute,
            "named": self.named,
            "item": self.item,
            "member": self.item,
            "holding": self.holding,
            "keyed": self.holding,
            "key": self.key,
            "among": self.among,
            "whole": self.whole,
            "method": self.method,
            "iterate": self.iterate,
            "next": self.next,
            "variable": self.variable,
            "storing": self.storing,
            "here": self.here,
            "imported": self.imported,
            "dying": self.here,
            "between": self.between,
        }

    def _thread(self, point: Point) -> Thread | None:
        world = self.world
        if world is None or world.over or (thread := _calling(world)) is None:
            return None
        thread.point = point
        thread.fresh = True
        return thread

    def _use(self, thread: Thread, point: Point, accesses: list[Access]) -> None:
        if not accesses:
            return
        world = self.world
        if world is None:
            return
        if point.halves:
            # The first half reads; what is written comes when `between` is called.
            thread.halves[point] = [one for one in accesses if one.writes]
            accesses = [Access(one.variable, False) for one in accesses]
            world.use(thread, point, accesses, "reads")
        else:
            world.use(thread, point, accesses)

    def between(self, value: object, point: Point) -> object:
        """What was read is about to be written, changed by this value."""
        world = self.world
        if world is not None and not world.over and (thread := _calling(world)) is not None:
            accesses = thread.halves.pop(point, None)
            if accesses:
                world.use(thread, point, accesses, "writes")
        return value

    def attribute(self, thing: object, point: Point) -> object:
        """Use the attribute that the point names."""
        thread = self._thread(point)
        if thread is not None and not self.world.alone:  # type: ignore[union-attr]  # it is there
            if type(thing) in point.plain:
                self._use(thread, point, [Access((id(thing), point.part), point.writes)])
            else:
                self._attribute(thread, thing, point.name, point)
        return thing

    def _attribute(self, thread: Thread, thing: object, name: str, point: Point) -> None:
        place = self._language.place_of(thing, name, point.mode)
        if place is None or isinstance(place, Alias):
            return
        accesses = [Access((id(place.owner), name_part(name)), place.mode.writes)]
        if place.every:
            accesses.append(Access((id(place.owner), EVERY_ITEM), place.mode.writes))
        elif place.owner is thing and point.writes and name == point.name:
            point.plain.add(type(thing))  # whatever object of this type it is
        self._use(thread, point, accesses)

    def named(self, thing: object, name: object, point: Point) -> object:
        """Use an attribute."""
        thread = self._thread(point)
        if thread is not None and type(name) is str:
            self._attribute(thread, thing, name, point)
        return thing

    def item(self, thing: object, key: object, point: Point) -> object:
        """Use an item."""
        thread = self._thread(point)
        if thread is not None:
            self._item(thread, thing, key, point)
        return thing

    def _item(self, thread: Thread, thing: object, key: object, point: Point) -> None:
        if self.world is None or self.world.alone:
            return
        effect = self._language.effect_of(thing, point.name)
        if (
            effect == Effect.KEY_READ
            and point.name == "__getitem__"
            and issubclass(type(thing), defaultdict)
        ):
            effect |= Effect.FILLS
        part = plain_part(key) if is_plain(key) else f"[object {id(key)}]"
        self._operate(thread, thing, key, part, point, effect)

    def _operate(
        self,
        thread: Thread,
        thing: object,
        key: object,
        part: str | None,
        point: Point,
        effect: int,
    ) -> None:
        if not effect:
            return
        number = id(thing)
        accesses = []
        for one in parts_of(thing, key, part, point.mode, effect):
            accesses.append(Access((number, one.part), one.mode.writes))
            if one.kind == Kind.ITEM and one.part != EVERY_ITEM:
                # What changes all items meets each.
                accesses.append(Access((number, EVERY_ITEM), False))
        self._use(thread, point, accesses)

    def holding(self, thing: object, point: Point) -> object:
        """Use an item of this, whose key comes next; or with this key, of what comes next."""
        thread = self._thread(point)
        if thread is not None:
            thread.held.append((point, id(sys._getframe(1)), thing))  # noqa: SLF001 - it tells calls apart
            del thread.held[:-64]
        return thing

    def _held(self, thread: Thread, point: Point, frame: int) -> tuple[object] | None:
        for at in reversed(range(len(thread.held))):
            where, of, thing = thread.held[at]
            if where is point and of == frame:
                del thread.held[at:]
                return (thing,)
        return None

    def key(self, thing: object, point: Point) -> object:
        """The key of an item."""
        thread = self._thread(point)
        if thread is not None:
            found = self._held(thread, point, id(sys._getframe(1)))  # noqa: SLF001 - as above
            if found is not None:
                self._item(thread, found[0], thing, point)
        return thing

    def among(self, thing: object, point: Point) -> object:
        """The container of an item."""
        thread = self._thread(point)
        if thread is not None:
            found = self._held(thread, point, id(sys._getframe(1)))  # noqa: SLF001 - as above
            if found is not None:
                self._item(thread, thing, found[0], point)
        return thing

    def whole(self, thing: object, point: Point) -> object:
        """Use a length, or many items at once."""
        thread = self._thread(point)
        if (
            thread is not None
            and type(thing) not in _SINGLE
            and self._language.effect_of(thing, "__len__")
        ):
            changes = Effect.STRUCTURE_WRITE | Effect.ALL_WRITE
            effect = Effect.STRUCTURE_READ if point.mode is Mode.READ else changes
            self._operate(thread, thing, None, None, point, effect)
        return thing

    def method(self, thing: object, point: Point) -> object:
        """Call a method that has the name of one of a container."""
        thread = self._thread(point)
        if thread is not None:
            effect = self._language.effect_of(thing, point.name)
            if effect:
                self._operate(thread, thing, None, None, point, effect)
            else:
                self._attribute(thread, thing, point.name, point)
        return thing

    def iterate(self, thing: object, point: Point) -> object:
        """Go through something."""
        thread = self._thread(point)
        if thread is None or type(thing) in {tuple, str}:
            return thing
        if type(thing) in _VIEWS:
            of = gc.get_referents(thing)[0]
            self._operate(thread, of, None, None, point, Effect.STRUCTURE_READ | Effect.ITERATES)
        elif type(thing) in self._language.iterators:
            self._operate(thread, thing, None, None, point, Effect.ADVANCES)
        else:
            self._operate(
                thread, thing, None, None, point, self._language.effect_of(thing, "__iter__")
            )
        if not self._is_stepped(thing, point) or not _is_in_c(sys._getframe(1), point.name):  # noqa: SLF001 - who gets it
            return thing
        return _Steps(self, iter(thing), thing, point)  # type: ignore[call-overload]  # it has one, if it is a container

    def _is_stepped(self, thing: object, point: Point) -> bool:
        """Does something come in between its items?

        Functions in C that go through a container let other threads at it, if nothing holds
        the GIL; here they do so at each step. What asks for more than its items, as `dict`
        does, must get it as it is.
        """
        return (
            point.shared
            and point.name not in _NOT_BY_ITEMS
            and (
                type(thing) in _VIEWS
                or type(thing) in _CONTAINERS
                or type(thing) in self._language.iterators
            )
        )

    def step(self, thing: object, point: Point) -> None:
        """Go on to the next item."""
        thread = self._thread(point)
        world = self.world
        if thread is not None and world is not None:
            of = gc.get_referents(thing)[0] if type(thing) in _VIEWS else thing
            advances = type(thing) in self._language.iterators
            access = Access((id(of), ITERATOR if advances else STRUCTURE), advances)
            world.use(thread, point, [access], "next")

    def next(self, thing: object, point: Point) -> object:
        """Take the next one of an iterator."""
        thread = self._thread(point)
        if thread is not None and type(thing) in self._language.iterators:
            self._use(thread, point, [Access((id(thing), ITERATOR), True)])
        return thing

    def variable(self, point: Point, cell_of: object = None) -> None:
        """Use a variable."""
        thread = self._thread(point)
        if thread is not None:
            variables = sys._getframe(1).f_globals  # noqa: SLF001 - whose variable it is
            self._use(thread, point, _variable(point, cell_of, variables, point.writes))

    def storing(self, value: object, point: Point, cell_of: object = None) -> object:
        """Store a value in a variable."""
        world = self.world
        running = None if world is None else _calling(world)
        if running is not None and point in running.halves:
            return self.between(value, point)
        thread = self._thread(point)
        if thread is not None and world is not None:
            variables = sys._getframe(1).f_globals  # noqa: SLF001 - as above
            world.use(thread, point, _variable(point, cell_of, variables, True))
        return value

    def here(self, thing: object, point: Point) -> object:
        """Be at a place."""
        self._thread(point)
        return thing

    def imported(self, point: Point) -> None:
        """Have imported something."""


class _Steps:
    """Goes through a container, with a point before each item."""

    __slots__ = ("_items", "_point", "_points", "_thing")

    def __init__(
        self, points: Points, items: Iterator[object], thing: object, point: Point
    ) -> None:
        self._points = points
        self._items = items
        self._thing = thing
        self._point = point

    def __iter__(self) -> Iterator[object]:
        return self

    def __next__(self) -> object:
        self._points.step(self._thing, self._point)
        return next(self._items)


def _calling(world: World) -> Thread | None:
    """Who calls: whoever runs, if all run in one thread of the system."""
    return world.running if world.on_one else world.here()


def _is_in_c(frame: FrameType, name: str) -> bool:
    """Is a name, as far as it means anything, that of a function of the library in C?

    A function of the program by the name of one must get what it was given.
    """
    if not name:
        return True
    meant = frame.f_locals.get(name, frame.f_globals.get(name, frame.f_builtins.get(name)))
    return meant is None or getattr(meant, "__module__", "") in _LIBRARY


class _Nothing:
    """A type that nothing is of."""


def _variable(
    point: Point, cell_of: object, variables: dict[str, object], writes: bool
) -> list[Access]:
    if cell_of is None:
        return [Access((id(variables), point.part), writes)]
    if type(cell_of) is FunctionType and len(cell_of.__closure__ or ()) == 1:
        return [Access((id(cell_of.__closure__[0]), CELL), writes)]  # type: ignore[index]  # it has one
    return []
