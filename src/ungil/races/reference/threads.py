"""What is known of the program's threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ungil.races.abroad import reduced
from ungil.races.trace import Mode

__all__ = ["Taken", "Thread", "Touch"]


class Touch(NamedTuple):
    """A constant of instrumented code.

    Attributes:
        number: Its own.
        form: As `trace.Touch` has it.
        mode: Likewise.
        name: Likewise; of items, that of the method.
        direct: Does it go past what the object's class has made of it?
        initialises: Does it stand in an object's own initialiser?
        copies: Does what it goes through become a copy, in one step?
        takes: Is it where a lock may be taken?
        after: What it may follow from: the number of the touch, and whether as a check.
    """

    number: int
    form: str
    mode: Mode
    name: str
    direct: bool
    initialises: bool
    copies: bool
    takes: bool
    after: tuple[tuple[int, bool], ...]

    def __reduce__(self) -> tuple[object, ...]:
        """Where it goes, it may mean nothing; see `abroad`."""
        return reduced(self.number)


@dataclass(slots=True)
class Taken:
    """A lock that a thread holds.

    Attributes:
        number: Its own.
        near: What the thread had touched last when it took it.
        count: How often it was taken.
        since: The moment of the thread at which it took it.
    """

    number: int
    near: Touch | None
    count: int
    since: int

    @property
    def where(self) -> int | None:
        """Where the source takes it; None if it is a library that does."""
        return self.near.number if self.near is not None and self.near.takes else None


@dataclass(slots=True, eq=False)
class Thread:
    """A thread.

    Attributes:
        number: Its own.
        name: What the program calls it, if it was seen to start.
        busy: What it does now is not the program's.
        ended: What it does now is nobody's.
        last: What it touched last.
        taken: The locks that it holds, in the order in which it took them.
        took: The number of a container that it is about to take something out of.
        recent: When it touched what: the moment and the generation of the object, by
            object, touch and part; those of late.
        held: Keys, or containers, that wait for the other: with their touch and frame.
    """

    number: int
    name: str | None = None
    busy: bool = False
    ended: bool = False
    last: Touch | None = None
    taken: list[Taken] = field(default_factory=list)
    took: int | None = None
    recent: dict[tuple[int, int, str], tuple[int, int]] = field(default_factory=dict)
    held: list[tuple[object, Touch, int]] = field(default_factory=list)

    def drop(self, lock: int) -> None:
        """It holds a lock no more."""
        self.taken = [one for one in self.taken if one.number != lock]
