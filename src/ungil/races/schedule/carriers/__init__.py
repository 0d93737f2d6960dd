"""What the threads of an execution run on.

A world says who goes on; a carrier lets it. On greenlets, all in one thread of the system,
to let another go on is a function call; on threads of the system (`system`) code in C that
waits, or asks which thread it is in, finds what it would without control.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    def run(self, main: Thread, function: Callable[[], object]) -> None:
        """Run the main thread, and those that are let go on, until one of them leaves."""

    def spawn(self, thread: Thread, function: Callable[[], object]) -> None:
        """Make a thread, which begins when it is let go on first."""

    def to(self, thread: Thread | None) -> None:
        """Let another go on, or nobody, until somebody lets this one."""

    def settle(self) -> None:
        """See that who was woken where this world does not see it is there to be chosen."""

    def then(self, thread: Thread, other: Thread | None) -> None:
        """Let another go on as soon as this one, which is at its end, has returned."""

    def leave(self) -> None:
        """Go back to who called `run`; the thread that leaves is ended later, as all are."""

    def last(self) -> None:
        """Go back to who called `run` as soon as this thread, which is at its end, has returned."""

    def end(self, threads: Sequence[Thread]) -> list[Thread]:
        """Raise `Ended` where those wait that have not ended; who has not unwound?"""

    def give_up(self) -> None:
        """Get all back to who called `run`, from a thread that is none of these."""

    def who(self) -> Thread | None:
        """Which of its threads calls this; None if it is none of them."""

    def here(self) -> Thread | None:
        """As `who`; from then on it is this one that runs."""


class Lane:
    """A greenlet that runs one thread after the other, each to its end.

    Attributes:
        carries: The greenlet.
        switch: Lets it go on.
        world: The execution; None if the lane is free.
        thread: Which it runs.
        function: What that does.
        then: Who goes on when it has done so.
    """

    __slots__ = ("_free", "carries", "function", "switch", "then", "thread", "world")

    world: World | None
    thread: Thread | None
    function: Callable[[], object] | None
    then: Lane | greenlet

    def __init__(self, hub: greenlet, free: list[Lane]) -> None:
        """Prepare it.

        Args:
            hub: Who gets what is raised in it.
            free: Where it says that it can run another.
        """
        self.carries = greenlet(self._run, hub)
        self.switch = self.carries.switch
        self._free = free

    def _run(self) -> None:
        while True:
            if self.world is not None and self.thread is not None and self.function is not None:
                try:  # noqa: SIM105 - this is faster, and done for each thread
                    self.world.carry_out(self.thread, self.function)
                except Ended:
                    pass
                self.thread.carried = None
            self.world = self.thread = self.function = None
            self._free.append(self)
            self.then.switch()


class Lanes:
    """What lanes are free, from one execution to the next.

    The memory for the frames of a greenlet is asked of the system when it begins and given back
    when it ends, which takes longer than all that a short thread does. So they are kept.
    """

    def __init__(self) -> None:
        self._free: list[Lane] = []

    def lend(
        self, hub: greenlet, world: World, thread: Thread, function: Callable[[], object]
    ) -> None:
        """One, which is as a new greenlet, shall run a thread."""
        free = self._free
        if free and free[-1].carries.parent is hub:
            lane = free.pop()
            lane.carries.gr_context = None
        else:
            lane = Lane(hub, free)
        lane.world, lane.thread, lane.function, lane.then = world, thread, function, hub
        thread.carried = lane

    def end(self) -> None:
        """End those that are free, or each would keep itself alive."""
        while self._free:
            lane = self._free.pop().carries
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

    def run(self, main: Thread, function: Callable[[], object]) -> None:
        """Run the main thread; it has what is the own of this one."""
        self._main = main
        self._hub = getcurrent()
        self._lanes.lend(self._hub, self.world, main, function)
        main.ident = self._home
        self.world.running = main
        main.carried.switch()

    def spawn(self, thread: Thread, function: Callable[[], object]) -> None:
        """Make a thread."""
        thread.ident = len(self.world.threads)
        self._lanes.lend(self._hub, self.world, thread, function)

    def to(self, thread: Thread | None) -> None:
        """Let another go on; somebody always can."""
        if thread is not None:
            self.world.hand_over(thread)
            thread.carried.switch()

    def settle(self) -> None:
        """Who waits there lets none of the others go on, so nobody is woken."""

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

    def end(self, threads: Sequence[Thread]) -> list[Thread]:
        """End all; they all unwind."""
        for thread in threads:
            lane: Lane | None = thread.carried
            if lane is not None and not lane.carries.dead:
                self.world.hand_over(thread)
                lane.carries.throw(Ended)
                self.world.hand_over(self._main)
        return []

    def give_up(self) -> None:
        """End whoever runs; then the others are."""
        if not call_back(self._home):
            raise_in(self._home)

    def who(self) -> Thread | None:
        """Whoever runs, in this thread of the system."""
        return self.world.running if self._ident() == self._home else None

    here = who
