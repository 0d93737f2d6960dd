"""One time of watching: what the program does becomes events, and races become news."""

from __future__ import annotations

import _thread
import itertools
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from ungil.races.core import Told
from ungil.races.detect import EVERY_ITEM, HappensBefore, Race
from ungil.races.detect.clocks import Epoch
from ungil.races.effects import Effect
from ungil.races.reference.objects import Known, Objects
from ungil.races.reference.operations import (
    ITERATOR,
    STRUCTURE,
    Alias,
    Kind,
    Language,
    Part,
    is_plain,
    kind_of,
    looked_through,
    name_part,
    parts_of,
    plain_part,
    value_of_attribute,
    value_of_item,
)
from ungil.races.reference.threads import Taken, Thread, Touch
from ungil.races.trace import (
    Access,
    Acquire,
    Fork,
    Join,
    Mode,
    Post,
    Receive,
    Release,
    Site,
    Variable,
)

__all__ = ["Run"]

_MODES = tuple(Mode)
_RECENT = 2048
_LOCKS_TOLD = 6
_DEEPEST = 10
_MOST_HELD = 64
_IMPORTS = 0
_UNKNOWN = 0xFFFFFFFF
"""What `nested` has for a lock that was taken nowhere."""

_allocate_lock = _thread.allocate_lock  # which our own names take the place of


Call = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class _Touched(Access):
    """An access, and what is told of it if it is one of a race."""

    by: Thread
    touch: Touch
    kind: int
    iterates: bool
    locks: tuple[int, ...]
    calls: tuple[Call, ...]


class Run:
    """Watches from its beginning to its end.

    Whatever thread does something comes in by `during`, one at a time. What the program
    does while we are at work, as in a finaliser that runs in the middle of it, is left out.
    """

    def __init__(self, watcher: Told, language: Language, history: int) -> None:
        """Begin.

        Args:
            watcher: Who is told of what is found.
            language: What is special to the language.
            history: Variables that are remembered at most; 0 for as many as there are.
        """
        self.lost = 0
        self._watcher = watcher
        self._language = language
        self._detector = HappensBefore(history or None)
        self._objects = Objects()
        self._numbers = itertools.count()
        self._threads: dict[int, Thread] = {}
        self._alone = False
        self._last_moments: dict[int, Epoch | None] = {}
        self._touches: dict[int, Touch] = {}
        self._followed: set[tuple[int, int, bool]] = set()
        self._told: set[tuple[object, ...]] = set()
        self._news: list[tuple[Callable[..., None], tuple[object, ...]]] = []
        self._lock = _allocate_lock()
        self._process = os.getpid()

    # Threads.

    def here(self) -> Thread | None:
        """The thread that runs; None if what it does is not the program's."""
        identity = _thread.get_ident()
        thread = self._threads.get(identity)
        if thread is None:
            # The first is who watches; one that ran before that comes in unasked.
            self._alone = not self._threads and _thread._count() == 0  # noqa: SLF001 - as threading does
            thread = self._threads[identity] = Thread(next(self._numbers))
            self._last_moments[thread.number] = None
        return None if thread.busy or thread.ended else thread

    def quiet(self, on: bool) -> bool:
        """Listen to this thread no more, or again; what it was before."""
        thread = self.here() or self._threads[_thread.get_ident()]
        was, thread.busy = thread.busy, on
        return was

    def during(self, act: Callable[..., object], *given: object) -> object:
        """Do one of the things below for the thread that runs; what it gave, or None."""
        thread = self.here() if os.getpid() == self._process else None
        if thread is None:
            return None  # in a child that was forked, our lock may be held for ever
        thread.busy = True
        result: object = None
        let_go: list[object] = []
        try:
            with self._lock:
                self._forget_the_dead()
                result = act(self, thread, *given)
                news, self._news = self._news, []
                let_go, self._objects.let_go = self._objects.let_go, []
            for tell, what in news:
                tell(*what)
        except RecursionError:
            pass  # there is no room left for it
        finally:
            thread.busy = False
        let_go.clear()  # and now finalisers run
        return result

    def _forget_the_dead(self) -> None:
        for known, for_room in self._objects.ended():
            if known.holder is not None:
                known.holder.drop(known.number)
            variables = self._detector.forget(known.number)
            self.lost += variables if for_room else 0

    @property
    def forgotten(self) -> int:
        """Variables that were forgotten for lack of room."""
        return self.lost + self._detector.forgotten

    def starting(self, thread: Thread, function: object) -> Thread:
        """A thread is about to start another."""
        owner = getattr(function, "__self__", None)
        name = getattr(owner, "_name", None)
        child = Thread(self._number_for(thread), name if type(name) is str else None)
        self._alone, self._last_moments[child.number] = False, None
        self._detector.feed(Fork(thread.number, child.number))
        if owner is not None:
            self._objects.get(owner).stands_for = child
        self._tell(self._watcher.forked, thread.number, child.number, child.name)
        return child

    def _number_for(self, starter: Thread) -> int:
        """That of one whose end the starter knows of, or a new one.

        To the clocks both are one thread. Else each would have an entry for all that ever ran.
        """
        ended = (
            number
            for number, last in reversed(self._last_moments.items())
            if last is not None and self._detector.knows_firmly(starter.number, last)
        )
        return next(ended, None) or next(self._numbers)

    def begin(self, child: Thread) -> None:
        """It runs."""
        self._threads[_thread.get_ident()] = child

    def end(self, child: Thread) -> None:
        """All that is the program's has been done in it."""
        child.ended = True
        child.taken.clear()
        child.recent.clear()
        child.held.clear()
        # Behind those that ended before: the latest one is the most likely to be known of.
        del self._last_moments[child.number]
        self._last_moments[child.number] = self._detector.now(child.number)

    def joined(self, thread: Thread, other: object) -> None:
        """A thread knows that a `threading.Thread` has ended."""
        known = self._objects.find(other)
        child = None if known is None else known.stands_for
        if child is not None and child.ended:
            self._detector.feed(Join(thread.number, child.number))
            self._tell(self._watcher.joined, thread.number, child.number)
            self._look_around(thread)

    def joined_all(self, thread: Thread) -> None:
        """A thread knows that all have ended that had to."""
        for child, last in self._last_moments.items():
            if last is not None:
                self._detector.feed(Join(thread.number, child))
        self._look_around(thread)

    def _look_around(self, thread: Thread) -> None:
        """A thread has learnt of the end of another; is it alone now?"""
        self._alone = all(
            child == thread.number
            or (last is not None and self._detector.knows(thread.number, last))
            for child, last in self._last_moments.items()
        )

    # Locks and channels.

    def acquired(self, thread: Thread, lock: object, count: int, tried: bool) -> None:
        """A thread got a lock, so many times at once; if it only tried, it would not wait."""
        known = self._objects.get(lock)
        if known.unordered:
            return
        for one in thread.taken:
            if one.number == known.number:
                one.count += count
                return
        known.holder = thread
        where = _UNKNOWN if thread.last is None else thread.last.number
        self._detector.feed(Acquire(thread.number, known.number, Site("", where)))
        if thread.taken and not tried:
            self._nested(thread, known.number, where)
        since = self._detector.now(thread.number).time
        thread.taken.append(Taken(known.number, thread.last, count, since))

    def released(self, thread: Thread, lock: object, wholly: bool) -> None:
        """A thread is about to give a lock back."""
        known = self._objects.get(lock)
        if known.unordered:
            return
        firm = False
        for one in thread.taken:
            if one.number == known.number:
                if not wholly and one.count > 1:
                    one.count -= 1
                    return
                firm = one.where is None  # what a library means by its locks is not known
                thread.drop(known.number)
        if known.holder not in {None, thread}:
            taken = (one for one in known.holder.taken if one.number == known.number)
            if any(one.where is not None for one in taken):
                self._tell(self._watcher.handed, known.number)
            known.holder.drop(known.number)
        known.holder = None
        self._detector.feed(Release(thread.number, known.number, firm))

    def _nested(self, thread: Thread, number: int, where: int) -> None:
        held = [
            (one.number, _UNKNOWN if one.near is None else one.near.number) for one in thread.taken
        ]
        # Told of once more each time: whether it is news shows with what was known meanwhile.
        self._tell(self._watcher.nested, thread.number, held, number, where)

    def unordered(self, _: Thread, lock: object) -> None:
        """A lock orders nothing outside of its owner."""
        self._objects.get(lock).unordered = True

    def post(self, thread: Thread, channel: object) -> None:
        """A thread says what it did to who receives."""
        self._detector.feed(Post(thread.number, self._objects.get(channel).number))

    def receive(self, thread: Thread, channel: object) -> None:
        """A thread learns what was said."""
        known = self._objects.find(channel)
        if known is not None:
            self._detector.feed(Receive(thread.number, known.number))

    def imported(self, thread: Thread) -> None:
        """A thread knows that modules have been imported."""
        self._detector.feed(Receive(thread.number, _IMPORTS))

    def module_done(self, thread: Thread) -> None:
        """A module has been imported."""
        self._detector.feed(Post(thread.number, _IMPORTS))

    def blocks(self, thread: Thread, what: str, released: object = None) -> None:
        """A thread is about to wait; a lock is given back meanwhile, or None."""
        own = self._objects.find(released)
        if own is not None and [one.number for one in thread.taken] == [own.number]:
            return
        locks = _where_taken(thread)  # a library's own are its own affair
        if locks and thread.last and self._is_new("blocks", thread.last.number, locks):
            self._tell(self._watcher.blocks, thread.last.number, what, locks)

    def alias(self, _: Thread, owner: object, namespace: object) -> None:
        """What is done to a namespace is done to the attributes of its owner."""
        known, of = self._objects.get(namespace), self._objects.get(owner)
        known.namespace_of = (of, kind_of(owner))

    # Touches.

    def here_is(self, thread: Thread, touch: Touch) -> None:
        """A thread is at a place in the source."""
        thread.last = touch

    def attribute(self, thread: Thread, thing: object, touch: Touch) -> None:
        """It uses the attribute that the touch names."""
        thread.last = touch
        part = name_part(touch.name)
        if not self._is_recent(thread, thing, touch, part):
            self._on_attribute(thread, thing, touch.name, touch)
            self._remember(thread, thing, touch, part)

    def named(self, thread: Thread, thing: object, name: str, touch: Touch) -> None:
        """It uses an attribute."""
        thread.last = touch
        self._on_attribute(thread, thing, name, touch)

    def _on_attribute(self, thread: Thread, thing: object, name: str, touch: Touch) -> None:
        place = self._language.place_of(thing, name, touch.mode, direct=touch.direct)
        if isinstance(place, Alias):
            self.alias(thread, place.owner, place.namespace)
        elif place is not None:
            self._objects.get(thing)
            known, part = self._objects.get(place.owner), name_part(name)
            if not place.if_set or self._detector.kept(Variable(known.number, part)):
                parts = [Part(part, place.kind, place.mode)]
                parts += [Part(EVERY_ITEM, place.kind, place.mode)] * place.every
                self._access(thread, known, place.shown, touch, parts)

    def item(self, thread: Thread, thing: object, key: object, touch: Touch) -> None:
        """It uses an item of a container."""
        thread.last = touch
        thing = looked_through(thing)
        part = self._item_part(thread, key)
        if self._is_recent(thread, thing, touch, part):
            return
        effect = self._language.effect_of(thing, touch.name, direct=touch.direct)
        if (
            effect == Effect.KEY_READ
            and touch.name == "__getitem__"
            and issubclass(type(thing), self._language.filling)
        ):
            effect |= Effect.FILLS
        self._operate(thread, thing, key, part, touch, effect)
        known = self._objects.find(thing)
        # That something is handed over is news each time.
        news = effect & Effect.TAKES or (effect & Effect.GIVES and known and known.taken_from)
        if not (news and known and known.shared):
            self._remember(thread, thing, touch, part)

    def _item_part(self, thread: Thread, key: object) -> str:
        if type(key) is int and key == _thread.get_ident():
            # An item of this thread's: the number of one that has ended is given again.
            return f"[thread {thread.number}]"
        if is_plain(key):
            return plain_part(key)
        return f"[object {self._objects.get(key).number}]"

    def hold(self, thread: Thread, thing: object, touch: Touch, frame: int) -> None:
        """A container waits for its key, or a key for its container."""
        thread.last = touch
        if len(thread.held) == _MOST_HELD:
            del thread.held[: _MOST_HELD // 2]
        thread.held.append((thing, touch, frame))

    def held(self, thread: Thread, touch: Touch, frame: int) -> tuple[object] | None:
        """What waited; what came later was left by an exception."""
        thread.last = touch
        for at in reversed(range(len(thread.held))):
            thing, where, of = thread.held[at]
            if where is touch and of == frame:
                del thread.held[at:]
                return (thing,)
        return None

    def key(self, thread: Thread, key: object, touch: Touch, frame: int) -> None:
        """The key of a container that waits."""
        if (thing := self.held(thread, touch, frame)) is not None:
            self.item(thread, thing[0], key, touch)

    def among(self, thread: Thread, thing: object, touch: Touch, frame: int) -> None:
        """The container of a key that waits."""
        if (key := self.held(thread, touch, frame)) is not None:
            self.item(thread, thing, key[0], touch)

    def last(self, thread: Thread, keys: Sequence[object], touch: Touch, frame: int) -> None:
        """A call has all that it needs, and uses what waits."""
        if touch.form == "holding":
            keys = self.held(thread, touch, frame) or ()
        if (thing := self.held(thread, touch, frame)) is not None:
            self.used(thread, thing[0], keys, touch)

    def used(self, thread: Thread, thing: object, keys: Sequence[object], touch: Touch) -> None:
        """It uses this."""
        match (touch.form, keys):
            case ("attribute", _):
                self.attribute(thread, thing, touch)
            case ("method", _):
                self.method(thread, thing, touch)
            case ("named", [str(name)]) if type(name) is str:
                self.named(thread, thing, name, touch)
            case ("item" | "holding", [key]):
                self.item(thread, thing, key, touch)

    def in_attribute(
        self, thread: Thread, things: Sequence[object], name: str, touch: Touch, frame: int
    ) -> None:
        """It changes in place what an attribute holds."""
        for thing in things or self.held(thread, touch, frame) or ():
            self._in_place(thread, value_of_attribute(thing, name), touch)

    def in_item(
        self, thread: Thread, things: Sequence[object], key: object, touch: Touch, frame: int
    ) -> None:
        """It changes in place what an item holds."""
        for thing in things or self.held(thread, touch, frame) or ():
            self._in_place(thread, value_of_item(thing, key), touch)

    def _in_place(self, thread: Thread, value: object, touch: Touch) -> None:
        thread.last = touch
        if type(value) not in {int, float, str, tuple, type(None)}:
            self.method(thread, value, touch)

    def whole(self, thread: Thread, thing: object, touch: Touch) -> None:
        """It uses a length, or many items at once."""
        thread.last = touch
        if self._is_recent(thread, thing, touch, STRUCTURE):
            return
        if self._language.effect_of(thing, "__len__"):
            changes = Effect.STRUCTURE_WRITE | Effect.ALL_WRITE
            effect = Effect.STRUCTURE_READ if touch.mode is Mode.READ else changes
            self._operate(thread, thing, None, None, touch, effect)
            self._remember(thread, thing, touch, STRUCTURE)

    def method(self, thread: Thread, thing: object, touch: Touch) -> None:
        """It calls a method that has the name of one of a container."""
        thread.last = touch
        if self._is_recent(thread, thing, touch, STRUCTURE):
            return
        effect = self._language.effect_of(thing, touch.name, direct=touch.direct)
        if effect:
            self._operate(thread, thing, None, None, touch, effect)
        else:
            self._on_attribute(thread, thing, touch.name, touch)
        known = self._objects.find(thing)
        hands_over = effect & (Effect.GIVES | Effect.TAKES)
        if not hands_over or (known is not None and not known.shared):
            self._remember(thread, thing, touch, STRUCTURE)

    def iterate(self, thread: Thread, thing: object, touch: Touch) -> None:
        """It goes through something."""
        thread.last = touch
        if self._is_recent(thread, thing, touch, STRUCTURE):
            return
        if type(thing) in self._language.iterators:
            effect = int(Effect.ADVANCES)
        else:
            effect = self._language.effect_of(thing, "__iter__")
            if touch.copies and type(thing) in {list, dict, set}:
                effect &= ~Effect.ITERATES
        self._operate(thread, thing, None, None, touch, effect)
        self._remember(thread, thing, touch, STRUCTURE)

    def iterate_view(self, thread: Thread, of: object, touch: Touch) -> None:
        """It goes through a dict by a view of it."""
        thread.last = touch
        effect = Effect.STRUCTURE_READ | Effect.ITERATES
        if touch.copies and type(of) is dict:
            effect = Effect.STRUCTURE_READ
        self._operate(thread, of, None, None, touch, effect)

    def next(self, thread: Thread, thing: object, touch: Touch) -> None:
        """It takes the next one of an iterator."""
        thread.last = touch
        if type(thing) in self._language.iterators and not self._is_recent(
            thread, thing, touch, ITERATOR
        ):
            self._operate(thread, thing, None, None, touch, Effect.ADVANCES)
            self._remember(thread, thing, touch, ITERATOR)

    def variable(self, thread: Thread, owner: object, part: str, touch: Touch) -> None:
        """It uses a global variable, or one of a function."""
        thread.last = touch
        if not self._is_recent(thread, owner, touch, part):
            known = self._objects.get(owner)
            self._access(thread, known, owner, touch, [Part(part, Kind.VARIABLE, touch.mode)])
            self._remember(thread, owner, touch, part)

    def dying(self, thread: Thread, thing: object, touch: Touch) -> None:
        """The last reference is gone, so all that was done to it was before."""
        thread.last = touch
        known = self._objects.find(thing)
        if known is not None:
            self._begin_anew(known)
            known.made = known.left = self._detector.now(thread.number)
            known.given = None
            known.shared = False

    def _operate(
        self,
        thread: Thread,
        thing: object,
        key: object,
        part: str | None,
        touch: Touch,
        effect: int,
    ) -> None:
        parts = parts_of(thing, key, part, touch.mode, effect)
        if parts:
            self._access(thread, self._objects.get(thing), thing, touch, parts)
        known = self._objects.find(thing)
        if known is not None and known.shared:
            # What was put into a container by one thread and taken out of it by another
            # was handed over.
            if effect & Effect.GIVES:
                self.post(thread, thing)
            if effect & Effect.TAKES:
                known.taken_from = True
                thread.took = known.number
                self.receive(thread, thing)
                if known.given is not None:
                    # It was put in before threads shared it, and told to nobody.
                    self._detector.comes_after(thread.number, known.given)
        elif known is not None and effect & Effect.GIVES:
            # To tell all that it puts in would make each list that one thread fills slow.
            known.given = self._detector.now(thread.number)

    def _is_recent(self, thread: Thread, thing: object, touch: Touch, part: str) -> bool:
        """Is nothing to be learnt: was it all done before, in this moment of the thread?

        Nor is there of what a thread does that is alone: it comes before all that those do
        whom it will start.
        """
        if self._alone and touch.name != "__dict__":  # that is told of in any case
            return True
        known = self._objects.find(thing)
        if known is None:
            return False
        seen = thread.recent.get((known.number, touch.number, part))
        return seen == (self._detector.now(thread.number).time, known.generation)

    def _remember(self, thread: Thread, thing: object, touch: Touch, part: str) -> None:
        known = self._objects.find(thing)
        if known is None:
            return
        key = known.number, touch.number, part
        thread.recent.pop(key, None)
        thread.recent[key] = self._detector.now(thread.number).time, known.generation
        if len(thread.recent) > _RECENT:
            del thread.recent[next(iter(thread.recent))]

    # Accesses.

    def _begin_anew(self, known: Known) -> None:
        self._detector.begin_anew(known.number)
        known.generation += 1

    def _access(
        self, thread: Thread, known: Known, shown: object, touch: Touch, parts: list[Part]
    ) -> None:
        """It accesses parts of one object, at one moment."""
        if thread.took is not None:
            # What it took may have been put there after we were told that it is about to.
            took, thread.took = thread.took, None
            self._detector.feed(Receive(thread.number, took))
        name = None
        if known.namespace_of is not None and known.namespace_of[0].lives:
            known, name = known.namespace_of
        self._hand_over(thread, known, touch.initialises and parts[0].kind == Kind.ATTRIBUTE)
        found: list[tuple[Race, _Touched]] = []
        calls = _calls(sys._getframe(1))  # noqa: SLF001 - of the program
        for part in parts:
            if part.part != EVERY_ITEM:
                self._follow(thread, known, touch, part.part)
            elif part.kind == Kind.ITEM:
                self._follow_items(thread, known, touch)
            access = _Touched(
                thread.number,
                Variable(known.number, part.part),
                part.mode,
                Site("", touch.number),
                thread,
                touch,
                part.kind,
                part.iterates,
                _where_taken(thread),
                calls,
            )
            found += [(race, access) for race in self._detector.feed(access)]
        for race, access in found:
            self._conflict(race, access, thread, name or kind_of(shown))

    def _hand_over(self, thread: Thread, known: Known, initialises: bool) -> None:
        """Who gets hold of a new object comes after what its maker had done with it.

        There was no way to it before, however it was that this one got hold of it.
        """
        now: Epoch = self._detector.now(thread.number)
        if known.made is None or known.left is None:
            known.made = known.left = now
            known.fresh = initialises and not issubclass(type(known.thing), type)
        elif not known.shared and known.made.thread == thread.number:
            known.left = now
        elif not known.shared:
            known.shared = True
            known.generation += 1  # who was alone with it need not have told of all
            if known.fresh and not self._detector.knows(thread.number, known.made):
                self._detector.comes_after(thread.number, known.left)

    def _follow(self, thread: Thread, known: Known, touch: Touch, part: str) -> None:
        """Tell of the touches that this one follows from, if they touched the same."""
        for earlier, check in touch.after:
            recent = thread.recent.get((known.number, earlier, part))
            if recent is None and not any(
                access.by is thread and access.touch.number == earlier
                for one in (part, STRUCTURE)
                for access in self._detector.kept(Variable(known.number, one))
                if isinstance(access, _Touched)
            ):
                continue
            parted = recent is not None and self._has_parted(thread, recent[0])
            self._followed_by(touch, earlier, check=check, parted=parted)

    def _follow_items(self, thread: Thread, known: Known, touch: Touch) -> None:
        """Likewise, of those that read an item of what this one writes all of.

        Only a value counts: who asked for an item and then empties the whole did not mean that
        item.
        """
        read = {
            access.touch.number
            for access in self._detector.kept_items(known.number)
            if isinstance(access, _Touched) and access.thread == thread.number
        }
        for earlier, check in touch.after:
            if not check and earlier in read:
                self._followed_by(touch, earlier, check=False, parted=False)

    def _followed_by(self, touch: Touch, earlier: int, *, check: bool, parted: bool) -> None:
        if (earlier, touch.number, parted) not in self._followed:
            self._followed.add((earlier, touch.number, parted))
            self._tell(self._watcher.compound, earlier, touch.number, check, parted)

    def _has_parted(self, thread: Thread, time: int) -> bool:
        """Has it let go of its locks since a moment, and holds one again?"""
        taken = [one for one in thread.taken if one.where is not None]
        is_over = time != self._detector.now(thread.number).time
        return bool(taken) and is_over and all(one.since > time for one in taken)

    def _conflict(self, race: Race, second: _Touched, thread: Thread, kind: str) -> None:
        first = race.first
        if not isinstance(first, _Touched):
            raise TypeError(first)  # no other were fed
        if first.variable.part == second.variable.part == EVERY_ITEM:
            return  # told by the structure
        modes = _MODES.index(first.mode), _MODES.index(second.mode)
        how = (second.kind, *modes, race.exclusive)
        if not self._is_new(first.touch.number, second.touch.number, *how):
            return
        self._tell(
            self._watcher.conflict,
            first.touch.number,
            first.thread,
            first.by.name,
            first.locks,
            first.calls,
            modes[0],
            second.touch.number,
            thread.number,
            thread.name,
            second.locks,
            second.calls,
            modes[1],
            kind,
            second.variable.owner,
            second.kind,
            first.iterates | second.iterates << 1,
            race.exclusive,
        )

    def _is_new(self, *what: object) -> bool:
        new = what not in self._told
        self._told.add(what)
        return new

    def _tell(self, tell: Callable[..., None], *what: object) -> None:
        self._news.append((tell, what))


def _calls(frame: FrameType | None) -> tuple[Call, ...]:
    """The calls that the program is in, the innermost first."""
    calls: list[Call] = []
    while frame is not None and len(calls) < _DEEPEST:
        if not str(frame.f_globals.get("__name__")).startswith("ungil.races."):
            code = frame.f_code
            calls.append((code.co_filename, frame.f_lineno or 0, code.co_qualname))
        frame = frame.f_back
    return tuple(calls)


def _where_taken(thread: Thread) -> tuple[int, ...]:
    found = [one.where for one in thread.taken]
    return tuple(one for one in found if one is not None)[:_LOCKS_TOLD]
