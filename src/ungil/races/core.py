"""The core of watching: what it offers, and whom it tells, whichever of the two it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ungil.races.sync import Hook

__all__ = ["Core", "Told"]

Touch = object
"""A constant of instrumented code, as `Core.make` made it."""


class Told(Protocol):
    """Who a core tells of what it finds, from the thread that does it.

    What the thread does meanwhile is not listened to. Touches, threads and locks are told
    by number, and modes, parts and locks as `watching` reads them.
    """

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
        """Two accesses that nothing orders, or only a lock that both held.

        The second is being made.
        """

    def compound(self, earlier: int, act: int, check: bool, parted: bool) -> None:
        """A thread did one thing and then the other to the same variable.

        Perhaps it has let go of its locks in between, and holds one again.
        """

    def full(self) -> None:
        """There is no room to tell of more conflicts."""

    def nested(self, thread: int, held: Sequence[tuple[int, int]], lock: int, touch: int) -> None:
        """A thread took a lock while it held others, each with where it was taken."""

    def handed(self, lock: int) -> None:
        """A lock was given back by another thread than took it, so it is no mutex."""

    def forked(self, thread: int, child: int, name: str | None) -> None:
        """A thread is about to start another, which may have a name."""

    def joined(self, thread: int, child: int) -> None:
        """A thread knows that another has ended."""

    def blocks(self, touch: int, what: str, locks: Sequence[int]) -> None:
        """A thread is about to wait while it holds locks, taken at these touches."""


class Core(Protocol):
    """Listens to the program, and tells of what nothing orders.

    Besides these, it has a function for each form of touch that `instrument` writes.
    """

    def start(
        self,
        *,
        watcher: Told,
        effects: dict[object, int],
        iterators: tuple[type, ...],
        local: type,
        cached_property: type,
        filling: type,
        setting: type,
        hooks: Sequence[Hook],
        history: int,
    ) -> int:
        """Begin.

        Args:
            watcher: Who is told.
            effects: What containers' methods do, by their descriptor.
            iterators: Types whose objects are consumed step by step.
            local: The type whose attributes each thread has its own of.
            cached_property: The type of properties that are computed once.
            filling: The type of mappings that store what is missing.
            setting: A class that has a `__setattr__` written in Python.
            hooks: The C functions that order threads.
            history: Variables that are remembered at most; 0 for as many as there are.

        Returns:
            The number of this thread.

        Raises:
            RuntimeError: It has begun already.
        """

    def stop(self) -> None:
        """End; the instrumented code goes on as it is."""

    def make(self, first: int, touches: Sequence[tuple[object, ...]]) -> list[object]:
        """Make constants for instrumented code.

        Args:
            first: The number of the first.
            touches: Of one module: form, mode, name, whether it clears and is direct,
                whether it stands in an initialiser, and what it may follow from (index in
                this list, whether as a check).
        """

    def post(self, channel: object, /) -> None:
        """This thread says what it did to whoever receives from a channel later."""

    def receive(self, channel: object, /) -> None:
        """This thread learns what was posted to a channel so far."""

    def unordered(self, lock: object, /) -> None:
        """A lock orders nothing outside of its owner."""

    def module_done(self) -> None:
        """A module has been imported."""

    def blocks(self, what: str, released: object, /) -> None:
        """This thread is about to wait.

        Args:
            what: For what.
            released: A lock that it gives back meanwhile; None for none.
        """

    def all_joined(self) -> None:
        """This thread knows that all threads that have ended did so."""

    def lost(self) -> int:
        """How many variables were forgotten for lack of room."""

    def quiet(self, on: bool, /) -> bool:
        """Listen to this thread no more, or again; what it was before."""
