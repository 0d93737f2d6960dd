"""Accesses that nothing orders: FastTrack.

C. Flanagan and S. N. Freund, "FastTrack: Efficient and Precise Dynamic Race Detection",
PLDI 2009; the order of the checks is that of J. R. Wilcox, C. Flanagan and S. N. Freund,
"VerifiedFT: A Verified, High-Performance Precise Dynamic Race Detector", PPoPP 2018.

Two accesses of one variable, of which at least one writes, race if neither happens before
the other. For each variable the last write is kept, and of the reads since then the last
one of each thread; if those are all ordered, the latest is enough (an *epoch* in place of
a vector clock), which is so for nearly all variables of real programs.

Kept are, too, the writes before the last one that its thread made elsewhere in the source since
it last let others know. They race with what the last one races with, and may do another harm:
who comes in between a check and its act may `append`, or `pop`.

What is reported is true: the two accesses of a race are unordered. The first race of each
variable is always reported; after it, not every further one, since of the past only the
last accesses are kept.

Told, too, are accesses between which only locks stand that both held: they exclude each other,
and which comes first is chance. A step that lets go of the lock halfway is broken by that. For
this each thread has a second clock, which learns from starts, joins and channels as the first
one does, and from a lock only if it was handed over: given back by another than took it.

Some operations change all items of a container at once, whichever there are: such a write
meets the accesses of each item before it, and each item's after it meet this write.

This is the meaning; a faster implementation has to say the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ungil.races.detect.clocks import Clock, Epoch
from ungil.races.trace import (
    Access,
    Acquire,
    Event,
    Fork,
    Join,
    Post,
    Receive,
    Release,
    Variable,
)

__all__ = ["EVERY_ITEM", "HappensBefore", "Race"]

_MOST_BEFORE = 3
"""Writes before the last one; who writes at more places is known by the latest of them."""

_MOST_READS = 64
"""Of one variable; if there are more, those that only locks order are not kept."""

EVERY_ITEM = "[*]"
"""The part of a container that is written with all its items; items' parts begin with `[`."""


@dataclass(frozen=True, slots=True)
class Race:
    """Two accesses of one variable that nothing orders.

    Attributes:
        first: The one that was seen first.
        second: The other, of another thread.
        first_locks: The locks that the thread of `first` held then.
        second_locks: Likewise.
        exclusive: Does a lock that both held keep them apart, whichever comes first?
    """

    first: Access
    second: Access
    first_locks: frozenset[int]
    second_locks: frozenset[int]
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """An access, and when it was."""

    access: Access
    epoch: Epoch
    locks: frozenset[int]


@dataclass(slots=True)
class _Shadow:
    """What is kept of a variable: the last write, and the reads since that matter.

    Attributes:
        write: The last one.
        before: Others of its thread, from other places, in the same epoch; the latest first.
        reads: By the thread.
    """

    write: _Seen | None = None
    before: Sequence[_Seen] = ()
    reads: dict[int, _Seen] = field(default_factory=dict)


@dataclass(slots=True)
class _Thread:
    """What is known of a thread.

    Attributes:
        clock: What comes before what it does next.
        firm: What does so whoever gets a lock first.
        held: How often it holds which lock.
    """

    clock: Clock
    firm: Clock
    held: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, number: int) -> _Thread:
        return cls(Clock.of(number), Clock.of(number))

    @property
    def locks(self) -> frozenset[int]:
        return frozenset(self.held)

    @property
    def both(self) -> _Clocks:
        return self.clock, self.firm

    def learn(self, others: _Clocks) -> None:
        _learn(self.both, others)

    def tick(self, number: int) -> None:
        self.clock.tick(number)
        self.firm.tick(number)


_Clocks = tuple[Clock, Clock]


def _learn(mine: _Clocks, others: _Clocks) -> None:
    for one, other in zip(mine, others, strict=True):
        one.learn(other)


class HappensBefore:
    """Reads events, and tells the races among them.

    Attributes:
        forgotten: How many variables were dropped because there were too many; races
            with what was known of them are not seen.
    """

    def __init__(self, history: int | None = None) -> None:
        """Nothing has happened yet.

        Args:
            history: How many variables are remembered, those that were used last; None
                for all.
        """
        self.forgotten = 0
        self._history = history
        self._threads: dict[int, _Thread] = {}
        self._locks: dict[int, _Clocks] = {}
        self._holders: dict[int, _Thread] = {}
        self._channels: dict[int, _Clocks] = {}
        self._shadows: OrderedDict[Variable, _Shadow] = OrderedDict()
        self._parts: dict[int, set[str]] = {}

    def feed(self, event: Event) -> list[Race]:
        """The races of an event with those before it."""
        thread = self._thread(event.thread)
        match event:
            case Access():
                return self._access(thread, event)
            case Acquire(lock=lock):
                held = thread.held.get(lock, 0)
                thread.held[lock] = held + 1
                self._holders[lock] = thread
                if not held and lock in self._locks:
                    thread.learn(self._locks[lock])
            case Release():
                self._release(thread, event)
            case Fork(child=child):
                self._fork(thread, event.thread, child)
            case Join(child=child):
                thread.learn(self._thread(child).both)
            case Post(channel=channel):
                _learn(self._channels.setdefault(channel, (Clock(), Clock())), thread.both)
                thread.tick(event.thread)
            case Receive(channel=channel):
                if channel in self._channels:
                    thread.learn(self._channels[channel])
        return []

    def now(self, thread: int) -> Epoch:
        """The moment of a thread."""
        return self._thread(thread).clock.epoch(thread)

    def knows(self, thread: int, moment: Epoch) -> bool:
        """Did a moment come before what a thread does next?"""
        return self._thread(thread).clock.knows(moment)

    def knows_firmly(self, thread: int, moment: Epoch) -> bool:
        """Did it, whoever got a lock first?"""
        return self._thread(thread).firm.knows(moment)

    def comes_after(self, thread: int, moment: Epoch) -> None:
        """What a thread does next comes after a moment, for a reason that no event has."""
        for clock in self._thread(thread).both:
            clock.reach(moment)

    def kept(self, variable: Variable) -> list[Access]:
        """The accesses that the next one of a variable may race with."""
        shadow = self._shadows.get(variable)
        if shadow is None:
            return []
        seen = [] if shadow.write is None else [shadow.write]
        return [one.access for one in (*seen, *shadow.before, *shadow.reads.values())]

    def kept_items(self, owner: int) -> list[Access]:
        """Likewise, of every single item of an owner."""
        items = [part for part in self._parts.get(owner, ()) if part.startswith("[")]
        return [
            one for part in items if part != EVERY_ITEM for one in self.kept(Variable(owner, part))
        ]

    def begin_anew(self, owner: int) -> int:
        """Forget what was done to an object's variables; how many there were."""
        parts = self._parts.pop(owner, set())
        for part in parts:
            del self._shadows[Variable(owner, part)]
        return len(parts)

    def forget(self, number: int) -> int:
        """An object, lock or channel is gone; how many variables it had."""
        self._locks.pop(number, None)
        self._channels.pop(number, None)
        if number in self._holders:
            self._holders.pop(number).held.pop(number, None)
        return self.begin_anew(number)

    def _thread(self, number: int) -> _Thread:
        thread = self._threads.get(number)
        if thread is None:
            thread = self._threads[number] = _Thread.of(number)
        return thread

    def _fork(self, thread: _Thread, number: int, child: int) -> None:
        if child in self._threads:  # one that has ended gave its number away
            self._threads[child].tick(child)
        self._thread(child).learn(thread.both)
        thread.tick(number)

    def _release(self, thread: _Thread, event: Release) -> None:
        # A lock may be given back by another thread than took it (threading.Lock), or
        # have been taken before anybody watched.
        lock = event.lock
        left = thread.held.get(lock, 1) - 1
        if left:
            thread.held[lock] = left
            return
        thread.held.pop(lock, None)
        holder = self._holders.pop(lock, None)
        if holder is not None:
            holder.held.pop(lock, None)
        _, firm = self._locks.get(lock, (None, Clock()))
        if event.firm or holder is not thread:
            firm.learn(thread.firm)
        self._locks[lock] = thread.clock.copy(), firm
        thread.tick(event.thread)

    def _access(self, thread: _Thread, access: Access) -> list[Race]:
        against = list(self._beside(access.variable))
        shadow = self._shadow(access.variable)
        seen = _Seen(access, thread.clock.epoch(access.thread), thread.locks)
        against += [] if shadow.write is None else [shadow.write, *shadow.before]
        if access.mode.writes:
            against += shadow.reads.values()
            shadow.before = _before(shadow, seen)
            shadow.write, shadow.reads = seen, {}
        else:
            # A read that comes before this one is told by this one.
            too_many = len(shadow.reads) > _MOST_READS
            kept = {n: r for n, r in shadow.reads.items() if not _is_before(r, thread, too_many)}
            shadow.reads = {**kept, access.thread: seen}
        races = (_race(one, seen, thread) for one in against)
        return [race for race in races if race is not None]

    def _beside(self, variable: Variable) -> Iterator[_Seen]:
        """What an access of a variable meets that was one of another variable."""
        owner, part = variable
        if part == EVERY_ITEM:
            for other in self._parts.get(owner, ()):
                if other.startswith("[") and other != EVERY_ITEM:
                    shadow = self._shadows[Variable(owner, other)]
                    yield from () if shadow.write is None else (shadow.write,)
                    yield from shadow.before
                    yield from shadow.reads.values()
        elif part.startswith("["):
            every = self._shadows.get(Variable(owner, EVERY_ITEM))
            if every is not None and every.write is not None:
                yield every.write

    def _shadow(self, variable: Variable) -> _Shadow:
        shadow = self._shadows.get(variable)
        if shadow is None:
            shadow = self._shadows[variable] = _Shadow()
            self._parts.setdefault(variable.owner, set()).add(variable.part)
            if self._history is not None and len(self._shadows) > self._history:
                self._drop_oldest()
        elif self._history is not None:
            self._shadows.move_to_end(variable)
        return shadow

    def _drop_oldest(self) -> None:
        (owner, part), _ = self._shadows.popitem(last=False)
        self._parts[owner].remove(part)
        if not self._parts[owner]:
            del self._parts[owner]
        self.forgotten += 1


def _before(shadow: _Shadow, now: _Seen) -> list[_Seen]:
    """What is kept of the writes so far, when there is another."""
    last = shadow.write
    if last is None or last.epoch != now.epoch:
        return []
    place = (now.access.site, now.access.mode)
    others = (last, *shadow.before)
    kept = [one for one in others if (one.access.site, one.access.mode) != place]
    return kept[:_MOST_BEFORE]


def _is_before(seen: _Seen, thread: _Thread, too_many: bool) -> bool:
    """Does it come before what a thread does now, so that neither chance nor a lock matters?"""
    return thread.clock.knows(seen.epoch) and (
        too_many or not seen.locks or thread.firm.knows(seen.epoch)
    )


def _race(first: _Seen, second: _Seen, thread: _Thread) -> Race | None:
    """What an access before and one of a thread are to each other."""
    exclusive = thread.clock.knows(first.epoch)
    if exclusive and (thread.firm.knows(first.epoch) or first.locks.isdisjoint(second.locks)):
        return None
    return Race(first.access, second.access, first.locks, second.locks, exclusive)
