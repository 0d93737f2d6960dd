"""Watching this process: what its code touches becomes records of what is not in order.

The instrumented code and the C functions that order threads tell a core; the core tells a
`Told` of what it finds, each thing once.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from types import FunctionType
from typing import TypedDict

from ungil.races import sync
from ungil.races.abroad import keep
from ungil.races.calls import FORMS, harmless, offer
from ungil.races.choice import core_in_use
from ungil.races.detect import Inversion, LockOrder
from ungil.races.effects import effects, iterators
from ungil.races.journal import Record
from ungil.races.trace import Acquire, Fork, Join, Mode, Release, Site, Touch

__all__ = ["Language", "Watch", "language", "rows"]

_PARTS = ("attribute", "item", "structure", "variable", "iterator")
_MODES = tuple(Mode)
_NOT_THE_PROGRAM = ("<frozen", "<shim>", threading.__file__, str(Path(__file__).parent))
"""Files of the calls that every stack begins with."""

_UNKNOWN = 0xFFFFFFFF

_LOST = (
    "The histories of {:,} variables were dropped for lack of room (--history); "
    "races with them were not seen."
)
_FULL = "There was no more room for what was found; further races were not told of."
_FORGOTTEN = (
    "The orders of {:,} pairs of locks were dropped for lack of room; deadlocks with them were "
    "not seen."
)
_REFERENCE = (
    "The native core is missing ({}), so the reference in Python watched: it is slow, and "
    "does not see locks that were made before."
)


_FORKED = "What the program did in processes that it forked was not watched."


class _SetsItself:
    """A class whose attributes its own code sets."""

    def __setattr__(self, name: str, value: object) -> None:
        """Set it, after all."""
        super().__setattr__(name, value)


class _Forking:
    """What happens to the watch when the program forks: the child is not watched.

    What other threads were in the middle of then never ends in the child, so nothing of
    the watch may be waited for there: not even by what threading does after a fork,
    which comes before our turn.
    """

    def __init__(self) -> None:
        self._watch: Watch | None = None
        self._was_quiet = False
        self._registered = False

    def begin(self, watch: Watch) -> None:
        self._watch = watch
        if not self._registered and hasattr(os, "register_at_fork"):
            self._registered = True
            os.register_at_fork(
                before=self._before, after_in_parent=self._goes_on, after_in_child=self._in_child
            )

    def end(self) -> None:
        self._watch = None

    def _before(self) -> None:
        if self._watch is not None:
            self._was_quiet = self._watch.core.quiet(True)
            self._watch.lock.acquire()

    def _goes_on(self) -> None:
        self._let_go()
        if self._watch is not None:
            self._watch.has_forked()

    def _let_go(self) -> None:
        if self._watch is not None and self._watch.lock.locked():
            self._watch.lock.release()
            self._watch.core.quiet(self._was_quiet)

    def _in_child(self) -> None:
        watch = self._watch
        self._let_go()
        if watch is not None:
            watch.core.stop()
            self._watch = None


_forking = _Forking()


class Watch:
    """Watches this process, one at a time.

    Attributes:
        core: What listens to the program.
        lock: Is held while something is recorded.
        touches: All that the instrumented code can tell of, by number.
    """

    def __init__(self, record: Callable[[Record], None], history: int = 0) -> None:
        """Begin.

        Args:
            record: Is given what is found, from any thread.
            history: How many variables are remembered at most; 0 for as many as there are.
        """
        self.touches: list[Touch] = []
        self.core, self._why_reference = core_in_use()
        self._record = record
        self.lock = _thread.allocate_lock()
        self._files: set[str] = set()
        self._recorded: set[int] = set()
        self._told_of_forking = False
        self._order = LockOrder()
        self._names: dict[int, str] = {}
        self._history = history
        if self._why_reference:
            record(["problem", _REFERENCE.format(self._why_reference)])

    def start(self) -> None:
        """Watch from now on."""
        offer({form: getattr(self.core, form) for form in FORMS}, harmless())
        number = self.core.start(
            **language(),
            watcher=self,
            hooks=sync.c_functions(),
            history=self._history,
        )
        self._names[number] = threading.current_thread().name
        self._listening = sync.Listening(
            self.core.post,
            self.core.receive,
            self.core.unordered,
            self.core.blocks,
            self.core.all_joined,
            self._is_watched,
        )
        _forking.begin(self)

    def has_forked(self) -> None:
        """The program made a process of this one; it is told once."""
        was_quiet = self.core.quiet(True)
        if not self._told_of_forking:
            self._told_of_forking = True
            with self.lock:
                self._record(["problem", _FORKED])
        self.core.quiet(was_quiet)

    def stop(self) -> None:
        """Watch no more; the instrumented code goes on as it is."""
        _forking.end()
        self.core.stop()
        self._listening.end()
        if lost := self.core.lost():
            self._record(["problem", _LOST.format(lost)])
        if forgotten := self._order.forgotten:
            self._record(["problem", _FORGOTTEN.format(forgotten)])

    def make(self, touches: Sequence[Touch]) -> list[object]:
        """What the constants of a module's code are replaced by."""
        # The program may hold a lock meanwhile; this one is none of its.
        was_quiet = self.core.quiet(True)
        with self.lock:
            first = len(self.touches)
            self.touches += touches
            self._files.update(one.site.path for one in touches)
        self.core.quiet(was_quiet)
        made = self.core.make(first, rows(touches))
        keep(first, made)
        return made

    def _is_watched(self, kind: type) -> bool:
        """Is code of a class, or of one that it is made of, instrumented?"""
        return any(
            isinstance(one, FunctionType) and one.__code__.co_filename in self._files
            for base in kind.__mro__
            for one in vars(base).values()
        )

    # What the core tells. It calls these from the thread that did it, and listens to
    # nothing that the thread does meanwhile.

    def conflict(
        self,
        first: int,
        first_thread: int,
        first_name: str | None,
        first_locks: Sequence[int],
        first_stack: Sequence[tuple[str, int, str]],
        first_mode: int,
        second: int,
        second_thread: int,
        second_name: str | None,
        second_locks: Sequence[int],
        second_stack: Sequence[tuple[str, int, str]],
        second_mode: int,
        kind: str,
        owner: int,
        part: int,
        iterates: int,
        exclusive: bool,
    ) -> None:
        """Two accesses that nothing orders, or only a lock that both held."""
        if second_name is None:
            active = threading._active.get(_thread.get_ident())  # type: ignore[attr-defined]  # noqa: SLF001 - current_thread() would make one
            second_name = None if active is None else active.name
            if second_name is not None:
                self._names.setdefault(second_thread, second_name)
        with self.lock:
            self._need(first, second)
            self._record(
                [
                    "conflict",
                    self._side(first, first_thread, first_name, first_locks, first_stack),
                    self._side(second, second_thread, second_name, second_locks, second_stack),
                    owner,
                    self._kind(kind, part, second),
                    _PARTS[part],
                    _MODES[first_mode].value,
                    _MODES[second_mode].value,
                    [bool(iterates & 1), bool(iterates & 2)],
                    bool(exclusive),
                ]
            )  # fmt: skip  # a row for each side

    def compound(self, earlier: int, act: int, check: bool, parted: bool) -> None:
        """A thread did one thing and then the other to the same variable."""
        with self.lock:
            self._need(earlier, act)
            self._record(["compound", earlier, act, "check" if check else "value", bool(parted)])

    def full(self) -> None:
        """There is no room to tell of more conflicts."""
        with self.lock:
            self._record(["problem", _FULL])

    def nested(self, thread: int, held: Sequence[tuple[int, int]], lock: int, touch: int) -> None:
        """A thread took a lock while it held others."""
        with self.lock:
            for one, where in held:
                self._order.feed(Acquire(thread, one, self._site(where)))
            found = self._order.feed(Acquire(thread, lock, self._site(touch)))
            for one in (lock, *(number for number, _ in reversed(held))):
                self._order.feed(Release(thread, one))
            for inversion in found:
                self._cycle(inversion)

    def handed(self, lock: int) -> None:
        """A lock was given back by another thread than took it."""
        with self.lock:
            self._order.leave_out(lock)
            self._record(["handed", lock])

    def forked(self, thread: int, child: int, name: str | None) -> None:
        """A thread is about to start another."""
        with self.lock:
            if name is not None:
                self._names[child] = name
            self._order.feed(Fork(thread, child))

    def joined(self, thread: int, child: int) -> None:
        """A thread knows that another has ended."""
        with self.lock:
            self._order.feed(Join(thread, child))

    def blocks(self, touch: int, what: str, locks: Sequence[int]) -> None:
        """A thread is about to wait while it holds locks."""
        with self.lock:
            self._record(["blocked", list(self._site(touch)), what, self._held(locks)])

    def _cycle(self, inversion: Inversion) -> None:
        steps = [
            [_lock_name(one.held_site), _lock_name(one.site), list(one.held_site), list(one.site)]
            for one in inversion.arrows
        ]
        threads = [self._name(one.thread, None) for one in inversion.arrows]
        self._record(["cycle", steps, threads, [one.held for one in inversion.arrows]])

    def _need(self, *numbers: int) -> None:
        """Record touches that were not yet."""
        for number in numbers:
            if number not in self._recorded:
                self._recorded.add(number)
                one = self.touches[number]
                self._record(
                    [
                        *("touch", number, list(one.site), one.form, one.mode.value),
                        *(one.name, one.function, one.clears),
                    ]
                )

    def _site(self, number: int) -> Site:
        return Site("", 0) if number in {_UNKNOWN, -1} else self.touches[number].site

    def _side(
        self,
        touch: int,
        thread: int,
        name: str | None,
        locks: Sequence[int],
        stack: Sequence[tuple[str, int, str]],
    ) -> list[object]:
        calls = [one for one in stack if not one[0].startswith(_NOT_THE_PROGRAM)]
        return [touch, self._name(thread, name), self._held(locks), calls]

    def _held(self, locks: Sequence[int]) -> list[str]:
        sites = [self._site(one) for one in locks]
        return [f"{_lock_name(one)}, taken at {one.path}:{one.line}" for one in sites]

    def _name(self, thread: int, name: str | None) -> str:
        return name or self._names.get(thread) or f"thread {thread}"

    def _kind(self, kind: str, part: int, touch: int) -> str:
        if _PARTS[part] == "variable" and kind == "dict":
            return f"module {self.touches[touch].site.path}"
        return kind


class Language(TypedDict):
    """The types of the language that have rules of their own; see `Core.start`."""

    effects: dict[object, int]
    iterators: tuple[type, ...]
    local: type
    cached_property: type
    filling: type
    setting: type


def language() -> Language:
    """That of the Python that runs this."""
    return {
        "effects": effects(),
        "iterators": iterators(),
        "local": _thread._local,  # noqa: SLF001 - what threading.local is
        # Until 3.11 it had a lock of its own.
        "cached_property": cached_property if sys.version_info >= (3, 12) else _SetsItself,
        "filling": defaultdict,
        "setting": _SetsItself,
    }


def rows(touches: Sequence[Touch]) -> list[tuple[object, ...]]:
    """Touches as a core makes constants of them; see `Core.make`."""
    return [
        (
            one.form,
            _MODES.index(one.mode),
            name_of(one),
            one.clears,
            one.direct,
            one.function.rpartition(".")[2] in _INITIALISERS,
            tuple((earlier, how == "check") for earlier, how in one.after),
        )
        for one in touches
    ]


_INITIALISERS = frozenset({"__init__", "__new__", "__post_init__", "__setstate__"})

_DEFAULTS = {
    ("item", Mode.READ): "__getitem__",
    ("item", Mode.UPDATE): "__setitem__",
    ("item", Mode.WRITE): "__setitem__",
    ("holding", Mode.READ): "__getitem__",
    ("holding", Mode.UPDATE): "__setitem__",
    ("holding", Mode.WRITE): "__setitem__",
    ("key", Mode.READ): "__getitem__",
    ("member", Mode.READ): "__contains__",
    ("keyed", Mode.READ): "__contains__",
    ("among", Mode.READ): "__contains__",
}


def name_of(touch: Touch) -> str:
    """What a touch is about: an attribute, a variable, or the method that it stands for."""
    return touch.name or _DEFAULTS.get((touch.form, touch.mode), "")


def _lock_name(site: Site) -> str:
    return site.text.removesuffix(".acquire") or "a lock"
