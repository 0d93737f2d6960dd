"""The threads of one execution under control, and what each is about to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ungil.races.schedule.points import Point

__all__ = ["Access", "Segment", "Thread", "conflict"]


class Access(NamedTuple):
    """A use of something that threads may share.

    Attributes:
        variable: What is used: the identity of an object and which part of it.
        writes: Does it change it?
        takes: Is a lock taken by it? Then another that takes it could have come first.
        orders: Does it say that what was done to the variable came before, so that the
            two cannot be exchanged (the end of a thread that is waited for)?
    """

    variable: tuple[int, str]
    writes: bool
    takes: bool = False
    orders: bool = False


def conflict(one: list[Access], other: list[Access]) -> bool:
    """Does it matter which of the two came first?"""
    if not one or not other:
        return False
    used = {access.variable for access in one if not access.orders}
    written = {access.variable for access in one if access.writes and not access.orders}
    return any(
        not access.orders and access.variable in (used if access.writes else written)
        for access in other
    )


class Segment:
    """What one thread did between two choices.

    Attributes:
        thread: Which.
        choice: The number of the choice that it began with; -1 if there was none.
        places: Where in watched code it came, what it did there if that is but a half of
            what stands there, and what it used there.
        pending: What it was about to use.
        accesses: All that it used.
        started: Threads that it started.
    """

    __slots__ = ("accesses", "choice", "pending", "places", "started", "thread")

    def __init__(self, thread: Thread, choice: int) -> None:
        self.thread = thread
        self.choice = choice
        self.places: list[tuple[Point, str, list[Access]]] = []
        self.pending = thread.pending
        self.accesses: list[Access] = []
        self.started: list[Thread] = []


class Thread:
    """A thread of the program, which the carrier runs and the world stops.

    Attributes:
        path: Which it is, in any execution: `0` is the main thread, `0.2` the second one
            that it started.
        ident: As the program sees it; the carrier gives it.
        daemon: Need nobody wait for it?
        carried: What the carrier runs it on.
        own: What the interpreter keeps for it alone.
        blocked: Tells whether it has to wait; None if it need not.
        sleeps: Does it wait for nothing but time?
        pauses: Does it wait for no more than a moment, or sleep?
        deadline: In virtual time, when its waiting ends in any case.
        expired: Has its waiting ended so?
        away: Does it wait where no world sees it, and may not go on by itself from there?
        waits_for: What it waits for, in words, and the lock if it is one.
        pending: What it does next, as far as that is known.
        point: The place in the source that it has come to.
        fresh: Has it come there without touching a lock or a queue yet?
        starter: Who started it, until it has come to its first choice.
        children: How many threads it has started.
        alive: Has it not ended?
        at_end: Is called when it has ended; None for nothing.
        name: What the program calls it.
        segment: What it does at present.
        halves: What it has read, at these places, to write it changed.
        held: Keys, or containers, that wait for the other: with their place and frame.
    """

    __slots__ = (
        "alive",
        "at_end",
        "away",
        "blocked",
        "carried",
        "children",
        "daemon",
        "deadline",
        "expired",
        "fresh",
        "halves",
        "held",
        "ident",
        "name",
        "own",
        "path",
        "pauses",
        "pending",
        "point",
        "segment",
        "sleeps",
        "starter",
        "waits_for",
    )

    def __init__(self, path: str) -> None:
        self.path = path
        self.ident = 0
        self.name = path
        self.daemon = False
        self.carried: Any = None
        self.own: object = None
        self.blocked: Callable[[], object] | None = None
        self.sleeps = False
        self.pauses = False
        self.deadline: float | None = None
        self.expired = False
        self.away = False
        self.waits_for: tuple[str, object] = ("", None)
        self.pending: list[Access] = []
        self.point: Point | None = None
        self.fresh = False
        self.starter: Thread | None = None
        self.children = 0
        self.alive = True
        self.at_end: Callable[[], object] | None = None
        self.segment: Segment | None = None
        self.halves: dict[Point, list[Access]] = {}
        self.held: list[tuple[Point, int, object]] = []

    def __repr__(self) -> str:
        return f"<thread {self.path}>"
