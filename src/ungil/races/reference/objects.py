"""Numbers for the program's objects: one for each, while it lives.

Who can be referred to weakly is; it tells when it dies. Lists, dicts, cells and what else
cannot is kept alive by us, since there is no other way to know that its address is not
another's by now. So that this is not for long, what nobody else refers to is dropped from
time to time, and no more than so many are kept. What they contain lives on with them that
long: this, which a program can notice, is why the native core exists.
"""

from __future__ import annotations

import itertools
import sys
import weakref
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ungil.races.detect.clocks import Epoch

if TYPE_CHECKING:
    from ungil.races.reference.threads import Thread

__all__ = ["Known", "Objects"]

_MOST_KEPT = 4096
_OFTEN = 256
_OURS = 2
"""References to an object that is only kept by us: that of `Known`, and that being passed."""


class _Weak(weakref.ref[object]):
    """Knows what it stood for when its object is gone."""

    __slots__ = ("known",)
    known: Known


class Known:
    """What is known of an object.

    Attributes:
        number: Of nothing else, before or after.
        made: The moment in which it was used first, by its maker.
        left: That in which its maker used it last, before anybody else did.
        given: That in which its maker, alone with it, last put something into it.
        shared: Did another thread use it since?
        taken_from: Do threads that share it take out what others put in?
        fresh: Was the first use that of its own initialiser?
        generation: How often its history was forgotten.
        unordered: Of a lock: it orders nothing outside of its owner.
        holder: Of a lock: who took it.
        stands_for: Of a `threading.Thread`: the thread.
        namespace_of: Of an object's `__dict__`: the object, and what to call it.
    """

    __slots__ = (
        "_kept",
        "_weak",
        "address",
        "fresh",
        "generation",
        "given",
        "holder",
        "left",
        "made",
        "namespace_of",
        "number",
        "shared",
        "stands_for",
        "taken_from",
        "unordered",
    )

    def __init__(self, number: int, thing: object, gone: deque[Known]) -> None:
        """Begin to know it.

        Args:
            number: Its own.
            thing: The object.
            gone: Where to put this when it has died.
        """
        self.number = number
        self.address = id(thing)
        self.made: Epoch | None = None
        self.left: Epoch | None = None
        self.given: Epoch | None = None
        self.fresh = False
        self.shared = False
        self.taken_from = False
        self.generation = 0
        self.unordered = False
        self.holder: Thread | None = None
        self.stands_for: Thread | None = None
        self.namespace_of: tuple[Known, str] | None = None
        self._kept: object = None
        self._weak: _Weak | None = None
        try:
            # Called in the middle of whatever the program, or we, do: it can only take note.
            self._weak = _Weak(thing, lambda weak: gone.append(weak.known))
            self._weak.known = self
        except TypeError:
            self._kept = thing

    @property
    def kept(self) -> bool:
        """Does it live as long as we keep it?"""
        return self._weak is None

    def stands_at(self, thing: object) -> bool:
        """Is it this one, or one that was at its address before?"""
        return self.thing is thing

    @property
    def thing(self) -> object:
        """The object, if it has not died yet."""
        return self._kept if self._weak is None else self._weak()

    @property
    def lives(self) -> bool:
        """Has it not died yet?"""
        return self.thing is not None

    @property
    def is_only_ours(self) -> bool:
        """Has everybody else forgotten it?"""
        return self._weak is None and sys.getrefcount(self._kept) <= _OURS

    def let_go(self) -> object:
        """Keep it no more; the last reference to it may be the one given back."""
        thing, self._kept = self._kept, None
        return thing


class Objects:
    """All that are known.

    Attributes:
        let_go: Objects that were kept by us and are no longer: to be dropped where their
            deaths, and the finalisers of what they contain, may happen.
    """

    def __init__(self) -> None:
        """None is known yet."""
        self.let_go: list[object] = []
        self._numbers = itertools.count(1)
        self._by_address: dict[int, Known] = {}
        self._kept: OrderedDict[int, Known] = OrderedDict()
        self._gone: deque[Known] = deque()
        self._until_look = _OFTEN

    def find(self, thing: object) -> Known | None:
        """What is known of an object, if anything is."""
        known = self._by_address.get(id(thing))
        return known if known is not None and known.stands_at(thing) else None

    def get(self, thing: object) -> Known:
        """What is known of an object, from now on."""
        known = self.find(thing)
        if known is None:
            known = Known(next(self._numbers), thing, self._gone)
            self._by_address[known.address] = known
            if known.kept:
                self._kept[known.number] = known
                self._until_look -= 1
        elif known.kept:
            self._kept.move_to_end(known.number)
        return known

    def ended(self) -> Iterator[tuple[Known, bool]]:
        """Those that are gone, and whether they had to go for lack of room."""
        while self._gone:
            yield self._forget(self._gone.popleft()), False
        if self._until_look <= 0:
            self._until_look = _OFTEN
            for known in [one for one in self._kept.values() if one.is_only_ours]:
                yield self._drop(known), False
            while len(self._kept) > _MOST_KEPT:
                yield self._drop(next(iter(self._kept.values()))), True

    def _drop(self, known: Known) -> Known:
        del self._kept[known.number]
        self.let_go.append(known.let_go())
        return self._forget(known)

    def _forget(self, known: Known) -> Known:
        if self._by_address.get(known.address) is known:
            del self._by_address[known.address]
        return known
