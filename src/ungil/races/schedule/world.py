"""One execution under control: one thread runs at a time, and a strategy says which.

A thread comes to a *point* before it uses what threads share, and before it takes a lock
or waits; there, if more than one thread could go on, the strategy chooses. Between two
choices a thread runs undisturbed; that is a *segment*. Time is virtual: it passes when
somebody sleeps, or when nobody can go on and somebody waits with a timeout.

What happens at each point is in the native core (`_native/turns.c`, `choosing.c`), which asks
for what is here.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from ungil.races.schedule.carriers import Carrier, Ended
from ungil.races.schedule.threads import Thread, Turns

if TYPE_CHECKING:
    from ungil.races.schedule.strategies import Strategy

__all__ = ["NoEndError", "Outcome", "World"]

MOST_STEPS = 20_000
MOST_USES = 500_000
"""As in the native core."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended.

    Attributes:
        kind: `passed`, `failed` (an exception), `deadlock`, `livelock` (too many steps),
            `pruned` (it would be as another was), `harm` (nothing failed, but what a candidate
            foretells has happened), `hung` (it had to be ended from outside).
        text: One line: of what kind, or which threads wait for what.
        thread: The path of the thread that it happened in; empty for all.
        error: The exception, if it was one.
        last: The number of the segment that showed it; None for the last one.
    """

    kind: str
    text: str = ""
    thread: str = ""
    error: BaseException | None = None
    last: int | None = None

    @property
    def is_failure(self) -> bool:
        """Is it one that the program should not have?"""
        return self.kind in {"failed", "deadlock", "livelock", "harm"}


_PASSED = Outcome("passed")


class NoEndError(RuntimeError):
    """Nobody comes to a choice any more; the message says where it was seen last."""


class World(Turns):
    """Runs a function and the threads that it starts.

    Attributes:
        keep: What must not die before, since it is known by its identity.
        before_threads: Is asked, before the first thread starts, for the strategy of what
            comes then; until then there is nothing to choose.
        outside: Did somebody wait where this does not see it? Then what came when was not
            all chosen.
        was_outside: Did somebody in an execution before? Then this one need not go the same way.
        left: Threads that could not be ended.
        is_child: Is this a process that the program has forked? It is not under control.
        given_up: Was it, from another thread, as it comes to no end?
    """

    def __init__(self, strategy: Strategy, carrier: Carrier) -> None:
        """Prepare it.

        Args:
            strategy: Chooses.
            carrier: Runs the threads; it serves this one execution.
        """
        self.strategy = strategy
        self.on_one = carrier.on_one
        self.keep: list[object] = []
        self.before_threads: Callable[[], Strategy] | None = None
        self.outside = self.was_outside = False
        self.left: list[Thread] = []
        self.is_child = self.given_up = False
        self.here = carrier.here
        self.who = carrier.who
        self._carrier = carrier
        carrier.world = self
        self._outcome: Outcome | None = None
        self._trouble: Exception | None = None

    # From outside.

    def run(self, function: Callable[[], object]) -> Outcome:
        """Run a function as the main thread, until it and its threads have ended.

        Raises:
            RuntimeError: The strategy cannot go on, since the program goes another way; or it
                was given up.
        """
        main = self._new("0")
        main.name = "MainThread"
        self.begin(main)
        self._carrier.run(main, function)
        self._end_all()
        if self.on_one:
            del self._carrier.world  # so it is gone as soon as nobody looks at it
        if self._trouble is not None:
            raise self._trouble
        return self._outcome or _PASSED

    def give_up(self, error: NoEndError) -> None:
        """Let `run` raise this, as soon as whoever runs can be reached; from another thread."""
        self._trouble = error
        self.over = True
        self._carrier.give_up()

    def fail(self, thread: Thread, error: BaseException) -> NoReturn:
        """An exception was not caught: the execution is over."""
        self._finish(Outcome("failed", _said(error), thread.path, error))

    def finish(self) -> NoReturn:
        """The execution is over, and nothing has failed."""
        self._finish(Outcome("passed"))

    def _finish(self, outcome: Outcome) -> NoReturn:
        if self._outcome is None:
            self._outcome = outcome
        self.over = True
        self._carrier.leave()
        raise Ended

    def _end_all(self) -> None:
        """End what still runs; whatever its `finally` does is not under control."""
        self.over = True
        self.left = self._carrier.end(self.threads)
        for thread in self.alive:
            thread.alive = False

    # From the threads.

    def start(self, function: Callable[[], object], *, daemon: bool) -> Thread:
        """Start a thread; it runs until its first choice, and then its starter goes on."""
        starter = self.running
        if starter is None:
            raise RuntimeError("nothing runs")
        if self.alone and self.before_threads is not None:
            self.strategy = self.before_threads()
        starter.children += 1
        thread = self._new(f"{starter.path}.{starter.children}")
        thread.daemon, thread.starter = daemon, starter
        self._carrier.spawn(thread, function)
        self.begin(thread)
        if starter.segment is not None:
            starter.segment.started.append(thread)
        self.alone = False
        self.let(thread)
        return thread

    def carry_out(self, thread: Thread, function: Callable[[], object]) -> None:
        """What a thread does, from its beginning to its end; for the carrier."""
        error: BaseException | None = None
        try:
            function()
        except Ended:
            return
        except BaseException as caught:  # noqa: BLE001 - it is the program's
            if thread is self.threads[0] or not isinstance(caught, SystemExit):
                error = caught
        if self.is_child:
            _leave_process(error)
        if self.over:
            return
        if not self.on_one:
            self.here()
        if error is not None:
            self.fail(thread, error)
        self._ended(thread)

    def _ended(self, thread: Thread) -> None:
        self.ended(thread)
        if thread.at_end is not None:
            thread.at_end()
        if thread.starter is not None:
            starter, thread.starter = thread.starter, None
            self._carrier.then(thread, starter)
        elif self.alive and (self.threads[0].alive or not all(one.daemon for one in self.alive)):
            # Who is chosen goes on when this one has returned.
            self._carrier.settle()
            self._carrier.then(thread, self.choose(thread))
        else:
            self._outcome = self._outcome or _PASSED
            self.over = True
            self._carrier.last()

    def sleep(self, thread: Thread, seconds: float) -> None:
        """A thread waits for time to pass."""
        thread.sleeps = True
        self.point(thread, [], None, ("", None), self.time + seconds)
        thread.fresh = False

    # Who is away.

    def without(self, thread: Thread) -> Thread | None:
        """Who goes on now that a thread is away, which has not come to a point."""
        self.outside = True
        if thread.starter is not None:
            starter, thread.starter = thread.starter, None
            return starter
        return self.choose(thread)

    def again(self, idle: float) -> Thread | None:
        """Who goes on after nobody could for some time."""
        return self.choose(self.threads[0], idle)

    def returns(self, thread: Thread) -> None:
        """A thread that was away goes on, since nobody else could."""
        self.begin(thread)

    # What is out of the ordinary.

    def _prune(self) -> NoReturn:
        """It would all be as it was before."""
        self._finish(Outcome("pruned"))

    def _astray(self, ready: list[Thread], thread: Thread, error: Exception) -> Thread:
        """The strategy cannot say who goes on."""
        if not (self.outside or self.was_outside):
            self._trouble = error
            self._finish(Outcome("pruned"))
        # So it cannot be as it was before.
        return thread if thread in ready else ready[0]

    def _no_end(self, thread: Thread) -> NoReturn:
        """A thread has done more than one that ends does."""
        text = f"it did not end within {MOST_STEPS:,} steps or {MOST_USES:,} uses of variables"
        self._finish(Outcome("livelock", text, thread.path))

    def _stuck(self, away: bool) -> None:
        """Nobody can go on, unless somebody comes back who was away when that was found.

        Who is back by now was not among those who could, but can.
        """
        waiting = [one for one in self.alive if one.blocked is not None]
        cycle = self._cycle(waiting)
        # What a condition waits for is a lock of its own, and who is away may give it back.
        if len(cycle) < 2 and away:
            return
        if not self.threads[0].alive and not cycle:
            self._finish(_PASSED)  # nobody waits for them
        shown = cycle or waiting
        text = "; ".join(f"{one.name} waits for {one.waits_for[0]}" for one in shown)
        self._finish(Outcome("deadlock", text))

    def _cycle(self, waiting: list[Thread]) -> list[Thread]:
        """Threads that wait for each other's locks in a circle."""
        for first in waiting:
            found: list[Thread] = []
            one: Thread | None = first
            while one is not None and one not in found:
                found.append(one)
                lock = one.waits_for[1]
                one = self.holder(lock) if lock is not None else None
            if one is first:
                return found
        return []

    def _new(self, path: str) -> Thread:
        thread = Thread(path)
        self.threads.append(thread)
        self.alive.append(thread)
        return thread


def _said(error: BaseException) -> str:
    """An exception in one line, whatever its own code does."""
    try:
        lines = str(error).splitlines()
    except Exception:  # noqa: BLE001 - it is the program's
        lines = []
    name = type(error).__name__
    return f"{name}: {lines[0]}" if lines else name


def _leave_process(error: BaseException | None) -> NoReturn:
    """End a process that the program has forked where the program's own would have ended."""
    if error is not None:
        traceback.print_exception(error)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(error is not None)
