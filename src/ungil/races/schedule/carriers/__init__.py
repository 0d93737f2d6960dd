"""What the threads of an execution run on.

A world says who goes on; a carrier lets it. On greenlets, all in one thread of the system,
to let another go on is a function call; on threads of the system (`system`) code in C that
waits, or asks which thread it is in, finds what it would without control.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from greenlet import getcurrent, greenlet

from ungil.races.schedule.carriers.reaching import Ended, call_back, raise_in
from ungil.races.schedule.threads import Thread

if TYPE_CHECKING:
    from ungil.races.schedule.world import World

__all__ = ["Carrier", "Ended", "Greenlets"]


class Carrier(Protocol):
    """Runs the threads of one execution, one at a time: the world's `running`.

    Attributes:
        world: The execution, which says so itself.
        on_one: Does it run all in one thread of the system?
    """

    world: World
    on_one: bool

    def run(self, main: Thread, body: Callable[[], object]) -> None:
        """Run the main thread, and those that are let go on, until one of them leaves."""

    def spawn(self, thread: Thread, body: Callable[[], object]) -> None:
        """Make a thread, which begins when it is let go on first."""

    def to(self, thread: Thread | None) -> None:
        """Let another go on, or nobody, until somebody lets this one."""

    def then(self, thread: Thread, other: Thread | None) -> None:
        """Let another go on as soon as this one, which is at its end, has returned."""

    def leave(self) -> None:
        """Go back to who called `run`; the thread that leaves is ended later, as all are."""

    def last(self) -> None:
        """Go back to who called `run` as soon as this thread, which is at its end, has returned."""

    def end(self, thread: Thread) -> bool:
        """Raise `Ended` where a thread waits, if it has not ended; has it unwound?"""

    def give_up(self) -> None:
        """Get all back to who called `run`, from a thread that is none of these."""

    def who(self) -> Thread | None:
        """Which of its threads calls this; None if it is none of them."""

    def here(self) -> Thread | None:
        """As `who`; from then on it is this one that runs."""


class Lane(greenlet):
    """Runs one thread after the other, each to its end.

    Attributes:
        thread: Which it runs; None if it is free.
        body: What that does.
        then: Who goes on when it has done so.
    """

    thread: Thread | None
    body: Callable[[], object]
    then: greenlet

    def __init__(self, hub: greenlet, free: list[Lane]) -> None:
        """Prepare it.

        Args:
            hub: Who gets what is raised in it.
            free: Where it says that it can run another.
        """
        super().__init__(parent=hub)
        self._free = free

    def run(self) -> None:
        """What the greenlet does."""
        while True:
            try:  # noqa: SIM105 - this is faster, and done for each thread
                self.body()
            except Ended:
                pass
            thread, self.thread = self.thread, None
            if thread is not None:
                thread.carried = None
            del self.body, thread  # so all that they refer to is gone
            self._free.append(self)
            self.then.switch()


class Lanes:
    """What lanes are free, from one execution to the next.

    The memory for the frames of a greenlet is asked of the system when it begins and given back
    when it ends, which takes longer than all that a short thread does. So they are kept.
    """

    def __init__(self) -> None:
        self._free: list[Lane] = []

    def lend(self, hub: greenlet) -> Lane:
        """One, which is as a new greenlet."""
        if not self._free or self._free[-1].parent is not hub:
            return Lane(hub, self._free)
        lane = self._free.pop()
        lane.gr_context = None
        return lane

    def end(self) -> None:
        """End those that are free, or each would keep itself alive."""
        while self._free:
            lane = self._free.pop()
            lane.parent = getcurrent()
            lane.throw()


class Greenlets:
    """All in the thread of the system that runs the execution.

    Attributes:
        world: The execution.
    """

    world: World
    on_one = True

    def __init__(self, ident: Callable[[], int], lanes: Lanes) -> None:
        """Prepare it.

        Args:
            ident: Tells which thread of the system calls.
            lanes: What earlier executions have left.
        """
        self._ident = ident
        self._home = ident()
        self._lanes = lanes

    def run(self, main: Thread, body: Callable[[], object]) -> None:
        """Run the main thread; it has what is the own of this one."""
        self._main = main
        self._hub = getcurrent()
        self._lend(main, body)
        main.ident = self._home
        self.world.running = main
        main.carried.switch()

    def spawn(self, thread: Thread, body: Callable[[], object]) -> None:
        """Make a thread."""
        thread.ident = len(self.world.threads)
        self._lend(thread, body)

    def _lend(self, thread: Thread, body: Callable[[], object]) -> None:
        lane = thread.carried = self._lanes.lend(self._hub)
        lane.thread, lane.body, lane.then = thread, body, self._hub

    def to(self, thread: Thread | None) -> None:
        """Let another go on; somebody always can."""
        if thread is not None:
            self.world.hand_over(thread)
            thread.carried.switch()

    def then(self, thread: Thread, other: Thread | None) -> None:
        """Let another go on behind this one."""
        if other is not None:
            self.world.hand_over(other)
            thread.carried.then = other.carried

    def leave(self) -> None:
        """Go back to who called `run`."""
        self.world.hand_over(self._main)
        self._hub.switch()

    def last(self) -> None:
        """Go back to who called `run`, behind this one."""
        self.world.hand_over(self._main)

    def end(self, thread: Thread) -> bool:
        """End a thread."""
        if thread.carried is not None and not thread.carried.dead:
            self.world.hand_over(thread)
            thread.carried.throw(Ended)
            self.world.hand_over(self._main)
        return True

    def give_up(self) -> None:
        """End whoever runs; then the others are."""
        if not call_back(self._home):
            raise_in(self._home)

    def who(self) -> Thread | None:
        """Whoever runs, in this thread of the system."""
        return self.world.running if self._ident() == self._home else None

    here = who
