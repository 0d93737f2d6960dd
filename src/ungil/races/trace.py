"""The vocabulary of events: what a run of a program did, as plain data.

Whoever watches a program makes events, in an order in which they can have happened;
detectors read them. Nothing here refers to an object of the program. Threads, locks,
channels and the owners of variables are numbers that the watcher gives, each once: a
number is never used again, even if an address is.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "Access",
    "Acquire",
    "Event",
    "Fork",
    "Join",
    "Mode",
    "Post",
    "Receive",
    "Release",
    "Site",
    "Touch",
    "Variable",
]


class Mode(enum.Enum):
    """What an access does."""

    READ = "read"
    WRITE = "write"
    UPDATE = "update"
    """Reads, and then writes what depends on it (`x.n += 1`); not one step."""

    @property
    def reads(self) -> bool:
        """Does it use the old value?"""
        return self is not Mode.WRITE

    @property
    def writes(self) -> bool:
        """Does it leave another?"""
        return self is not Mode.READ


class Variable(NamedTuple):
    """A place that holds a value.

    Attributes:
        owner: The number of the object, namespace or container.
        part: Which place of it, e.g. `.count`, `['k']`, or empty for all of it.
    """

    owner: int
    part: str


class Site(NamedTuple):
    """Where in the source something is done.

    Attributes:
        path: Of the file.
        line: Counted from 1.
        text: The expression, as it is written; its first line.
    """

    path: str
    line: int
    text: str = ""


class Touch(NamedTuple):
    """A place in the source that touches a variable, and what is known of it unrun.

    Attributes:
        site: Where.
        form: How it is told of: the call that stands there, e.g. `attribute`, `item`.
        mode: What it does; of a method READ, since its object's type decides.
        name: The attribute, variable or method; empty for a subscript.
        function: The qualified name of the function around; empty at module level.
        after: The touches of the function that this one may follow from, by their number
            in the module, the nearest first; and how: `check` if the one decides whether
            the other happens, `value` if what the one read goes into what the other writes.
        clears: Does it take something away (`del`, `= None`, …)?
        direct: Does it go past what the object's class has made of it, as
            `object.__setattr__(o, 'x', v)` and `dict.get(d, k)` do?
    """

    site: Site
    form: str
    mode: Mode
    name: str = ""
    function: str = ""
    after: tuple[tuple[int, str], ...] = ()
    clears: bool = False
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """A thread uses a variable."""

    thread: int
    variable: Variable
    mode: Mode
    site: Site


@dataclass(frozen=True, slots=True)
class Acquire:
    """A thread has got a lock; of one that it held already, for once more."""

    thread: int
    lock: int
    site: Site


@dataclass(frozen=True, slots=True)
class Release:
    """A thread is about to give a lock back; once for each `Acquire`.

    Attributes:
        thread: Which.
        lock: Which.
        firm: Does it do more than keep others out? Whoever takes the lock next comes later for
            a reason that is not chance.
    """

    thread: int
    lock: int
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Fork:
    """A thread is about to start another."""

    thread: int
    child: int


@dataclass(frozen=True, slots=True)
class Join:
    """A thread knows that another has ended."""

    thread: int
    child: int


@dataclass(frozen=True, slots=True)
class Post:
    """A thread says something to whoever receives from the channel later.

    Events, conditions, queues, futures and barriers are made of these: setting an event
    posts, and returning from its `wait` receives.
    """

    thread: int
    channel: int


@dataclass(frozen=True, slots=True)
class Receive:
    """A thread has learnt all that was posted to a channel so far."""

    thread: int
    channel: int


Event = Access | Acquire | Release | Fork | Join | Post | Receive
