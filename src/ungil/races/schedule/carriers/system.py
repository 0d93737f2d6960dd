"""Each thread of an execution on a thread of the system, one of which runs at a time.

For code that asks the system which thread it is in, and for threads that wait where no
world sees it: in `read`, in `select`, in a C library. Such a thread is *away*. A watch
notices it, the world lets another go on, and at its next point the one that was away waits
for its turn. When it comes there is not chosen: that is the price. Only who was woken in the
meantime, by what another wrote into a pipe as much as by a clock, is waited for at the next
choice, so that it is among those who can go on each time, and not by luck.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ungil.races.schedule.carriers.reaching import Ended, call_back, raise_in, reachable
from ungil.races.schedule.threads import Thread

if TYPE_CHECKING:
    from ungil.races.schedule.world import World

__all__ = ["SystemThreads"]

_TICK = 0.01
"""Seconds. Who sleeps at two ticks in a row, and did not wake in between, is away."""

_WAKING = 0.1
"""Seconds, at most, that one who was woken has to come to a point."""

_POLL = 0.0002
"""Seconds between looking whether it has."""

_UNWINDING = 2.0
"""Seconds that a thread has to come to its end; one that is away has a tick."""


class _Carried:
    """What a thread runs on.

    Attributes:
        turn: Is given when it may go on.
        done: Is given when it has come to its end.
        has_ended: Has it?
        native: What the system calls it.
        sleep: The one that it was away in when it was last looked at.
        then: Who goes on when it has returned.
    """

    __slots__ = ("done", "has_ended", "native", "sleep", "then", "turn")

    def __init__(self, taken: Callable[[], Any]) -> None:
        self.turn = taken()
        self.done = taken()
        self.has_ended = False
        self.native = 0
        self.sleep: object = None
        self.then: Thread | None = None


class SystemThreads:
    """Each on its own; the main thread on the one that runs the execution.

    Attributes:
        world: The execution.
    """

    world: World
    on_one = False

    def __init__(
        self, original: Mapping[str, Callable[..., Any]], carry: Callable[[World | None], object]
    ) -> None:
        """Prepare it.

        Args:
            original: The C functions that are under control, by name.
            carry: Says of which execution a thread of the system that calls is one.
        """
        self._carries = carry
        self._acquire, self._release = original["acquire"], original["release"]
        self._ident, self._clock = original["get_ident"], original["monotonic"]
        self._pause = original["sleep"]
        self._start = original["start_new_thread"]
        self._carried: dict[int, Thread] = {}
        self._moves = 0
        # Who runs is changed, and asked for by those who were away, under this.
        self._mutex = threading.Lock()
        self._stop = self._taken()
        self._watched: Any = None

    def _taken(self) -> Any:  # noqa: ANN401 - a lock
        lock = threading.Lock()
        self._acquire(lock)
        return lock

    # For the world.

    def run(self, main: Thread, function: Callable[[], object]) -> None:
        """Run the main thread here, and wait for the others."""
        self._main = main
        self._enter(main)
        main.ident = self._ident()
        self.world.running = main
        try:
            with reachable(self._is_wanted):
                self._carry(main, function)
            if not self.world.over:
                self._acquire(main.carried.turn)
        finally:
            self._release(self._stop)
            if self._watched is not None:
                self._acquire(self._watched)

    def spawn(self, thread: Thread, function: Callable[[], object]) -> None:
        """Start a thread of the system, which waits for its turn."""
        if self._watched is None:
            # Not before, as this process may be copied until then: no thread comes along, and
            # the one that is left gets another number.
            self._watched = self._taken()
            self._main.carried.native = threading.get_native_id()
            self._start(self._watch, (self._watched,))
        thread.carried = _Carried(self._taken)
        thread.ident = self._start(self._begin, (thread, function))

    def to(self, thread: Thread | None) -> None:
        """Let another go on."""
        me = self.world.running
        self._give(thread)
        if me is not None:
            self._acquire(me.carried.turn)

    def settle(self) -> None:
        """Wait for those that were away and have been woken, until they come to a point.

        What sleeps on as it did, or falls asleep elsewhere, is not waited for.
        """
        for one in [one for one in self.world.alive if one.away]:
            began = since = self._clock()
            last = one.carried.sleep
            while one.away and not self.world.over:
                sleep, now = _sleep(one.carried.native), self._clock()
                if sleep == one.carried.sleep or now - began > _WAKING:
                    break
                if sleep is None or sleep != last:
                    last, since = sleep, now
                elif now - since > _TICK:  # or else it may wait for the GIL alone
                    one.carried.sleep = sleep
                    break
                self._pause(_POLL)

    def then(self, thread: Thread, other: Thread | None) -> None:
        """Let another go on behind this one."""
        thread.carried.then = other

    def leave(self) -> None:
        """Let the main thread go back to who called `run`."""
        me = self.who()
        if me is self._main:
            return
        self._wake(self._main)
        if self._main.away:
            call_back(self._main.ident)
        if me is not None:
            self._acquire(me.carried.turn)

    def last(self) -> None:
        """Let the main thread go back to who called `run`."""
        self.leave()
        raise Ended

    def end(self, threads: Sequence[Thread]) -> list[Thread]:
        """End all; one that does not come back from C code is given up."""
        return [one for one in threads if not self._end(one)]

    def _end(self, thread: Thread) -> bool:
        carried = thread.carried
        if carried.has_ended:
            return True
        if thread.away:
            raise_in(thread.ident)
        else:
            self._wake(thread)
        limit = _TICK if thread.away else _UNWINDING
        if self._acquire(carried.done, True, limit):
            return True
        raise_in(thread.ident)
        return False

    def give_up(self) -> None:
        """End whoever runs, or is away; then the others are."""
        running = self.world.running
        if running is not None:
            raise_in(running.ident)
        self.leave()

    def who(self) -> Thread | None:
        """Which of its threads calls this."""
        return self._carried.get(self._ident())

    def here(self) -> Thread | None:
        """Which of its threads calls this; one that was away waits for its turn first."""
        thread = self._carried.get(self._ident())
        world = self.world
        if thread is None or world.over:
            return thread
        self._acquire(self._mutex)
        try:
            self._moves += 1
            if world.running is thread:
                return thread
            thread.away = False
            if world.running is None:
                world.running = thread
                world.returns(thread)
                return thread
        finally:
            self._release(self._mutex)
        self._acquire(thread.carried.turn)
        if world.over:
            raise Ended
        return thread

    # In the threads.

    def _enter(self, thread: Thread) -> None:
        if thread.carried is None:
            thread.carried = _Carried(self._taken)
        thread.carried.native = threading.get_native_id()
        self._carried[self._ident()] = thread
        self._carries(self.world)

    def _begin(self, thread: Thread, function: Callable[[], object]) -> None:
        with suppress(Ended):
            self._enter(thread)
            self._acquire(thread.carried.turn)
            self._carry(thread, function)

    def _carry(self, thread: Thread, function: Callable[[], object]) -> None:
        carried = thread.carried
        with suppress(Ended):
            try:
                if not self.world.over:
                    self.world.carry_out(thread, function)
            finally:
                carried.has_ended = True
        if thread is not self._main:
            del self._carried[self._ident()]
            self._carries(None)
        if not self.world.over:
            self._give(carried.then)
        self._release(carried.done)

    def _give(self, thread: Thread | None) -> None:
        """From now on it is this one that runs, or nobody."""
        self._acquire(self._mutex)
        self.world.running = thread
        self._moves += 1
        self._release(self._mutex)
        if thread is not None:
            self._wake(thread)

    def _wake(self, thread: Thread) -> None:
        if thread.carried.turn.locked():
            self._release(thread.carried.turn)

    def _is_wanted(self) -> bool:
        """Is the main thread away, and all over?"""
        return self.world.over and self._main.away and not self._main.carried.has_ended

    # The watch.

    def _watch(self, watched: Any) -> None:  # noqa: ANN401 - a lock
        last: object = None
        idle_since = None
        while not self._acquire(self._stop, True, _TICK):
            self._acquire(self._mutex)
            try:
                if self.world.over:
                    continue
                running = self.world.running
                if running is None:
                    idle_since = idle_since or self._clock()
                    chosen = self.world.again(self._clock() - idle_since)
                    if chosen is None:
                        continue
                else:
                    idle_since = None
                    sleep = _sleep(running.carried.native)
                    now = running, self._moves, sleep
                    if sleep is None or now != last:
                        last = now
                        continue
                    running.away = True
                    running.carried.sleep = sleep
                    chosen = self.world.without(running)
                self.world.running = chosen
                self._moves += 1
                if chosen is not None:
                    self._wake(chosen)
            except Ended:
                pass  # there is nobody to go on; the main thread knows
            finally:
                self._release(self._mutex)
        self._release(watched)


def _sleep(native: int) -> object:
    """Which sleep of the system a thread is in, to be compared with a later one.

    It is None if the thread does not sleep: it computes, or waits for a processor. Where the
    system does not say so, it is what the process has computed.
    """
    if not native:
        return None
    try:
        said = Path(f"/proc/self/task/{native}/status").read_text(
            encoding="ascii", errors="replace"
        )
    except OSError:
        return round(time.process_time(), 2)
    fields = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    if not fields.get("State", "S").startswith("S"):
        return None
    return fields.get("voluntary_ctxt_switches"), fields.get("nonvoluntary_ctxt_switches")
