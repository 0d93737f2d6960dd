"""One execution under control: one thread runs at a time, and a strategy says which.

A thread comes to a *point* before it uses what threads share, and before it takes a lock
or waits; there, if more than one thread could go on, the strategy chooses. Between two
choices a thread runs undisturbed; that is a *segment*. Time is virtual: it passes when
somebody sleeps, or when nobody can go on and somebody waits with a timeout.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from ungil.races.schedule.carriers import Carrier, Ended
from ungil.races.schedule.threads import Access, Segment, Thread

if TYPE_CHECKING:
    from ungil.races.schedule.points import Point
    from ungil.races.schedule.strategies import Strategy

__all__ = ["Outcome", "World"]

MOST_STEPS = 20_000
MOMENT = 1.0
"""Seconds. Who waits no longer may wait for the time to pass, so that it can at any time, as in
`sleep`; a longer timeout is there for the worst, and strikes when nobody else can go on."""
MOST_USES = 500_000
MOST_IDLE = 1.0
"""Seconds that pass really before a timeout strikes while somebody is away."""


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


class _Seen:
    """Who used a variable in this execution, and where."""

    __slots__ = ("points", "shared", "thread", "wrote")

    def __init__(self, thread: Thread, wrote: bool, point: Point) -> None:
        self.thread = thread
        self.wrote = wrote
        self.points = {point}
        self.shared = False


class World:
    """Runs a function and the threads that it starts.

    Attributes:
        threads: All, in the order in which they were started.
        segments: What was done, in order.
        learnt: Was a place found to touch what threads share that was not known to?
        time: Virtual, in seconds since the beginning.
        running: Who runs; None before and after.
        over: Has it ended? Threads that are being ended are not under control.
        alone: Has no thread been started yet?
        choices: The paths of those who were chosen, one after the other.
        holders: Who holds a lock, by its identity.
        keep: What must not die before, since it is known by its identity.
        before_threads: Is asked, before the first thread starts, for the strategy of what
            comes then; until then there is nothing to choose.
        outside: Did somebody wait where this does not see it? Then what came when was not
            all chosen.
        on_one: Do all run in one thread of the system?
        left: Threads that could not be ended.
        is_child: Is this a process that the program has forked? It is not under control.
    """

    def __init__(self, strategy: Strategy, carrier: Carrier) -> None:
        """Prepare it.

        Args:
            strategy: Chooses.
            carrier: Runs the threads; it serves this one execution.
        """
        self.threads: list[Thread] = []
        self.segments: list[Segment] = []
        self.learnt = False
        self.time = 0.0
        self.running: Thread | None = None
        self.over = False
        self.alone = True
        self.choices: list[str] = []
        self.holders: dict[int, Thread] = {}
        self.keep: list[object] = []
        self.before_threads: Callable[[], Strategy] | None = None
        self.outside = False
        self.left: list[Thread] = []
        self.is_child = False
        self._strategy = strategy
        self.here = carrier.here
        self.who = carrier.who
        self.on_one = carrier.on_one
        self._carrier = carrier
        carrier.world = self
        self._alive: list[Thread] = []
        self._seen: dict[tuple[int, str], _Seen] = {}
        self._uses = 0
        self._outcome: Outcome | None = None
        self._trouble: Exception | None = None

    # From outside.

    def run(self, function: Callable[[], object]) -> Outcome:
        """Run a function as the main thread, until it and its threads have ended.

        Raises:
            RuntimeError: The strategy cannot go on, since the program goes another way.
        """
        main = self._new("0")
        main.name = "MainThread"
        self._begin(main, -1)
        self._carrier.run(main, lambda: self._body(main, function))
        self._end_all()
        self.running = None
        if self._trouble is not None:
            raise self._trouble
        return self._outcome or Outcome("passed")

    def fail(self, thread: Thread, error: BaseException) -> NoReturn:
        """An exception was not caught: the execution is over."""
        self._finish(Outcome("failed", _said(error), thread.path, error))

    def _finish(self, outcome: Outcome) -> NoReturn:
        if self._outcome is None:
            self._outcome = outcome
        self.over = True
        self._carrier.leave()
        raise Ended

    def _end_all(self) -> None:
        """End what still runs; whatever its `finally` does is not under control."""
        self.over = True
        for thread in self.threads:
            if not self._carrier.end(thread):
                self.left.append(thread)
            thread.alive = False

    # From the threads.

    def start(self, function: Callable[[], object], *, daemon: bool) -> Thread:
        """Start a thread; it runs until its first choice, and then its starter goes on."""
        starter = self.running
        if starter is None:
            raise RuntimeError("nothing runs")
        if self.alone and self.before_threads is not None:
            self._strategy = self.before_threads()
        starter.children += 1
        thread = self._new(f"{starter.path}.{starter.children}")
        thread.daemon, thread.starter = daemon, starter
        self._carrier.spawn(thread, lambda: self._body(thread, function))
        thread.segment = Segment(thread, -1)
        self.segments.append(thread.segment)
        if starter.segment is not None:
            starter.segment.started.append(thread)
        self.alone = False
        self._to(thread)
        return thread

    def _body(self, thread: Thread, function: Callable[[], object]) -> None:
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
        self.here()
        if error is not None:
            self.fail(thread, error)
        self._ended(thread)

    def _ended(self, thread: Thread) -> None:
        thread.alive = False
        self._alive.remove(thread)
        self.used(thread, Access((id(thread), "end"), True, orders=True))
        if thread.at_end is not None:
            thread.at_end()
        if thread.starter is not None:
            starter, thread.starter = thread.starter, None
            self._carrier.then(thread, starter)
        elif self._alive and not self._all_may_be_left():
            # Who is chosen goes on when this one has returned.
            self._carrier.then(thread, self._choose(thread))
        else:
            self._finish(Outcome("passed"))

    def _all_may_be_left(self) -> bool:
        return not self.threads[0].alive and all(one.daemon for one in self._alive)

    def point(
        self,
        thread: Thread,
        pending: list[Access],
        blocked: Callable[[], object] | None = None,
        waits_for: tuple[str, object] = ("", None),
        deadline: float | None = None,
    ) -> bool:
        """A thread is about to do something; it comes back when it may.

        Args:
            thread: Which runs.
            pending: What it will use first.
            blocked: Tells as long as it cannot.
            waits_for: What for, in words, and the lock if it is one.
            deadline: When its waiting ends in any case.

        Returns:
            False if the waiting ended for its time.
        """
        thread.pending = pending
        thread.blocked, thread.deadline, thread.waits_for = blocked, deadline, waits_for
        # A wait for the end of a thread has nothing pending: exhaustive search could not tell
        # what its time running out depends on.
        thread.pauses = thread.sleeps or (
            deadline is not None
            and deadline - self.time <= MOMENT
            and blocked is not None
            and bool(pending)
        )
        if thread.starter is not None:
            starter, thread.starter = thread.starter, None
            self._to(starter)
        else:
            self._go_on(thread)
        thread.blocked = thread.deadline = None
        thread.sleeps = thread.pauses = False
        expired, thread.expired = thread.expired, False
        return not expired

    def sleep(self, thread: Thread, seconds: float) -> None:
        """A thread waits for time to pass."""
        thread.sleeps = True
        self.point(thread, [], deadline=self.time + seconds)
        thread.fresh = False

    def use(self, thread: Thread, point: Point, accesses: list[Access], half: str = "") -> None:
        """A thread uses variables, at a place in the source; or does half of what it says."""
        if self.alone:
            return
        self._uses += 1
        if self._uses > MOST_USES:
            self._no_end(thread)
        if point.shared:
            self.point(thread, accesses)
        for access in accesses:
            self._learn(thread, point, access)
        if thread.segment is not None:
            thread.segment.accesses += accesses
            if point.shared:
                thread.segment.places.append((point, half, accesses))

    def _learn(self, thread: Thread, point: Point, access: Access) -> None:
        """Note who uses a variable, and where: it may turn out to be shared."""
        seen = self._seen.get(access.variable)
        if seen is None:
            self._seen[access.variable] = _Seen(thread, access.writes, point)
            return
        if not seen.shared:
            seen.points.add(point)
            seen.wrote |= access.writes
            seen.shared = seen.wrote and seen.thread is not thread
        if seen.shared:
            seen.points.add(point)
            for one in [one for one in seen.points if not one.shared]:
                one.shared = self.learnt = True
            seen.points.clear()

    def used(self, thread: Thread, access: Access) -> None:
        """A thread has used something that is no variable of the source: a lock, a queue."""
        if thread.segment is not None:
            thread.segment.accesses.append(access)

    @staticmethod
    def comes_to(thread: Thread) -> None:
        """A thread goes on at its place in the source."""
        if thread.segment is not None and thread.point is not None:
            thread.segment.places.append((thread.point, "", []))

    # Choosing.

    def _ready(self, idle: float) -> list[Thread]:
        ready = []
        first: Thread | None = None
        is_real = self.outside and any(one.away for one in self._alive)
        here = [one for one in self._alive if one.starter is None and not one.away]
        for one in here:
            if not one.sleeps and (one.blocked is None or not one.blocked()):
                ready.append(one)
            elif one.deadline is not None and (first is None or one.deadline < _deadline(first)):
                first = one

        def has_come(one: Thread) -> bool:
            """Who is away comes back in real time, so for it time passes really, too."""
            return not is_real or idle >= min(_deadline(one) - self.time, MOST_IDLE)

        # Time comes to the first deadline first, whoever waits for it.
        if first is not None and (first.pauses or not ready) and has_come(first):
            ready.append(first)
        return ready

    def _go_on(self, thread: Thread) -> None:
        """Whoever is chosen goes on."""
        chosen = self._choose(thread)
        if chosen is not thread:
            self._to(chosen)

    def _choose(self, thread: Thread, idle: float = 0) -> Thread | None:
        """Who goes on; None if nobody can before somebody comes back who is away.

        Args:
            thread: Who ran until now.
            idle: For how many seconds nobody has been running.
        """
        ready = self._ready(idle)
        if not ready:
            waiting = [one for one in self._alive if one.blocked is not None]
            cycle = self._cycle(waiting)
            # What a condition waits for is a lock of its own, and who is away may give it back.
            if len(cycle) < 2 and any(one.away for one in self._alive):
                return None
            self._stuck(waiting, cycle)
        if len(self.segments) > MOST_STEPS:
            self._no_end(thread)
        if len(ready) == 1:
            chosen = ready[0]
            self._begin(chosen, -1)
        else:
            chosen = self._found(ready, thread)
            self._begin(chosen, len(self.choices))
            self.choices.append(chosen.path)
        if chosen.deadline is not None and (
            chosen.sleeps or (chosen.blocked is not None and chosen.blocked())
        ):
            chosen.expired = True
            self.time = max(self.time, chosen.deadline)
        return chosen

    def _found(self, ready: list[Thread], thread: Thread) -> Thread:
        """Whom the strategy chooses."""
        try:
            found = self._strategy.choose(ready, thread, self)
        except (LookupError, RuntimeError) as error:
            if self.outside:  # so it cannot be as it was before
                return thread if thread in ready else ready[0]
            self._trouble = error
            found = None
        if found is None:
            self._finish(Outcome("pruned"))
        return found

    def _no_end(self, thread: Thread) -> None:
        text = f"it did not end within {MOST_STEPS:,} steps or {MOST_USES:,} uses of variables"
        self._finish(Outcome("livelock", text, thread.path))

    def _begin(self, thread: Thread, choice: int) -> None:
        thread.segment = Segment(thread, choice)
        self.segments.append(thread.segment)

    def _to(self, thread: Thread | None) -> None:
        self._carrier.to(thread)
        if self.over:
            raise Ended

    def without(self, thread: Thread) -> Thread | None:
        """Who goes on now that a thread is away, which has not come to a point."""
        self.outside = True
        if thread.starter is not None:
            starter, thread.starter = thread.starter, None
            return starter
        return self._choose(thread)

    def again(self, idle: float) -> Thread | None:
        """Who goes on after nobody could for some time."""
        return self._choose(self.threads[0], idle)

    def returns(self, thread: Thread) -> None:
        """A thread that was away goes on, since nobody else could."""
        self._begin(thread, -1)

    def _stuck(self, waiting: list[Thread], cycle: list[Thread]) -> NoReturn:
        """Nobody can go on."""
        if not self.threads[0].alive and not cycle:
            self._finish(Outcome("passed"))  # nobody waits for them
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
                one = self.holders.get(id(lock)) if lock is not None else None
            if one is first:
                return found
        return []

    def _new(self, path: str) -> Thread:
        thread = Thread(path)
        self.threads.append(thread)
        self._alive.append(thread)
        return thread


def _said(error: BaseException) -> str:
    """An exception in one line, whatever its own code does."""
    try:
        lines = str(error).splitlines()
    except Exception:  # noqa: BLE001 - it is the program's
        lines = []
    name = type(error).__name__
    return f"{name}: {lines[0]}" if lines else name


def _deadline(thread: Thread) -> float:
    return thread.deadline or 0


def _leave_process(error: BaseException | None) -> NoReturn:
    """End a process that the program has forked where the program's own would have ended."""
    if error is not None:
        traceback.print_exception(error)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(error is not None)
