"""The C functions that threads wait by, under control.

They are called in the place of the originals, whoever calls them and however early they
got hold of them (`_native/hooks.c`): so locks that were made in the body of a module, in a
library or before this began obey as well, and all that `threading`, `queue` and
`concurrent.futures` build of them. A plain lock keeps its real state, which tells who may
go on; a re-entrant lock knows its owner by the thread that the machine runs, which is one
and the same here, so its state is kept beside it (after Fray: A. Li et al., OOPSLA 2025).
"""

from __future__ import annotations

import _queue
import _thread
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from ungil.races.schedule.carriers import Ended
from ungil.races.schedule.threads import Access, Thread
from ungil.races.schedule.world import MOMENT

if TYPE_CHECKING:
    from ungil.races.schedule.points import Points
    from ungil.races.schedule.world import World

__all__ = ["Primitives"]

_LOCK = type(_thread.allocate_lock())
_HANDLE = getattr(_thread, "_ThreadHandle", None)  # since 3.13

_CLOCKS = ("monotonic", "perf_counter", "time")
_TICK = 1e-5
"""Seconds that pass when a clock is looked at."""

Original = Callable[..., Any]


class _Reentrant:
    """The state of a re-entrant lock."""

    __slots__ = ("count", "lock", "owner")

    def __init__(self, lock: Any) -> None:  # noqa: ANN401 - a lock
        self.lock = lock
        self.owner: Thread | None = None
        self.count = 0

    def is_taken(self) -> bool:
        return self.owner is not None


def _is_refused(blocking: bool, timeout: float) -> bool:
    """Are these arguments that no lock takes?"""
    return timeout != -1 and (not blocking or timeout < 0)


def _is_asked_for() -> bool:
    """Does the program try a lock, rather than a condition that looks for its owner?"""
    return sys._getframe(3).f_globals.get("__name__") != "threading"  # noqa: SLF001 - who calls


def _waits_outside() -> bool:
    """Does somebody sleep who looks again and again whether another process has ended?"""
    return sys._getframe(2).f_globals.get("__name__") == "subprocess"  # noqa: SLF001 - who calls


class Primitives:
    """What is called in the place of the C functions; each gives what they would.

    Outside of an execution, and in threads that are not the program's, they are called.

    Attributes:
        original: The originals, by name.
        tries: Does the program try locks without waiting for them?
    """

    def __init__(self, points: Points) -> None:
        """Prepare them.

        Args:
            points: Know the execution that runs.
        """
        self._points = points
        self._home = _thread.get_ident()
        # Those of the list of running threads: who is on it is the library's own affair.
        self._of_library = {
            id(vars(threading).get(one)) for one in ("_active_limbo_lock", "_shutdown_locks_lock")
        }
        self._reentrant: dict[int, _Reentrant] = {}
        self._taken: dict[int, tuple[Any, bool]] = {}
        self._threads: dict[int, Thread] = {}
        self._began: dict[str, float] = {}
        self.tries = False
        self.original: dict[str, Original] = {}

    def pairs(self) -> list[tuple[object, Original, str]]:
        """Which functions to exchange, for what, and what to call the original."""
        rlock, queue = _thread.RLock, _queue.SimpleQueue
        found: list[tuple[object, str, Original, str]] = [
            *(
                (_LOCK, one, self.acquire, "acquire")
                for one in ("acquire", "acquire_lock", "__enter__")
            ),
            *((_LOCK, one, self.release, "release") for one in ("release", "release_lock")),
            (_LOCK, "__exit__", self.exit, "exit"),
            *((rlock, one, self.r_acquire, "r_acquire") for one in ("acquire", "__enter__")),
            (rlock, "release", self.r_release, "r_release"),
            (rlock, "__exit__", self.r_exit, "r_exit"),
            (rlock, "_is_owned", self.r_is_owned, "r_is_owned"),
            (rlock, "_recursion_count", self.r_recursion_count, "r_recursion_count"),
            (rlock, "_release_save", self.r_release_save, "r_release_save"),
            (rlock, "_acquire_restore", self.r_acquire_restore, "r_acquire_restore"),
            (rlock, "locked", self.r_locked, "r_locked"),
            *((queue, one, self.put, "put") for one in ("put", "put_nowait")),
            (queue, "get", self.get, "get"),
            (queue, "get_nowait", self.get_nowait, "get_nowait"),
            (_thread, "get_ident", self.get_ident, "get_ident"),
            *(
                (_thread, one, self.start_new_thread, one)
                for one in ("start_new_thread", "start_new")
            ),
            (_thread, "start_joinable_thread", self.start_joinable_thread, "start_joinable_thread"),
            (_thread, "_set_sentinel", self.set_sentinel, "_set_sentinel"),
            (time, "sleep", self.sleep, "sleep"),
            (time, "monotonic", self.monotonic, "monotonic"),
            (time, "perf_counter", self.perf_counter, "perf_counter"),
            (time, "time", self.time, "time"),
        ]
        if _HANDLE is not None:
            found += [
                (_HANDLE, "join", self.join, "join"),
                (_HANDLE, "is_done", self.is_done, "is_done"),
            ]
        return [
            (vars(owner)[name], ours, original)
            for owner, name, ours, original in found
            if name in vars(owner)
        ]

    def begin(self) -> None:
        """An execution begins."""
        self._began = {clock: float(self.original[clock]()) for clock in _CLOCKS}
        self._reentrant.clear()
        self._taken.clear()
        self._threads.clear()

    def end(self, left: Iterable[Thread] = ()) -> None:
        """An execution has ended: locks are as they were before it.

        Args:
            left: Threads that are still there.
        """
        for lock, was_taken in self._taken.values():
            if lock.locked() and not was_taken:
                self.original["release"](lock)
        active: dict[int, object] = threading._active  # type: ignore[attr-defined]  # noqa: SLF001 - who never ended is listed there
        gone = [one for one in active if one < 1 << 12 and one != self._home]
        for ident in [*gone, *(one.ident for one in left)]:
            active.pop(ident, None)
        self.begin()

    def to_plain(self, thread: Thread) -> None:
        """From now on the originals are called, in this thread of the system alone."""
        for state in self._reentrant.values():
            if state.owner is thread:
                for _ in range(state.count):
                    state.lock.acquire()
        if thread.ident != self._home:
            active: dict[int, Any] = threading._active  # type: ignore[attr-defined]  # noqa: SLF001 - as above
            current = active.pop(thread.ident, None)
            if current is not None:
                current._set_ident()  # noqa: SLF001 - as a thread that begins does
                active[current.ident] = current

    def _here(self) -> tuple[World | None, Thread | None]:
        world = self._points.world
        if world is None or world.over or (thread := world.here()) is None:
            return None, None
        return world, thread

    def _is_over(self) -> bool:
        """Is this a thread that is being ended, in its `finally`?"""
        world = self._points.world
        return world is not None and world.over and world.here() is not None

    def _point(self, world: World, thread: Thread, access: Access) -> None:
        """The first operation behind a place in the source is a point."""
        if thread.fresh:
            thread.fresh = False
            if not world.alone:
                world.point(thread, [access])

    # Locks.

    def acquire(self, lock: Any, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: ANN401 - a lock
        """Take a lock."""
        original = self.original["acquire"]
        world, thread = self._here()
        if world is None or thread is None or _is_refused(blocking, timeout):
            if not self._is_over():
                return bool(original(lock, blocking, timeout))
            if not original(lock, False) and blocking:
                raise Ended  # whoever has it may have been ended before
            return True
        key = id(lock)
        if key not in self._taken:
            self._taken[key] = lock, lock.locked()
        if key in self._of_library:
            return bool(original(lock, False))
        limit = timeout if blocking else 0
        return self._take(world, thread, lock, lock.locked, partial(original, lock, False), limit)

    def _take(
        self,
        world: World,
        thread: Thread,
        lock: object,
        is_taken: Callable[[], object],
        take: Callable[[], object],
        limit: float,
    ) -> bool:
        """Take a lock of whichever kind.

        Args:
            world: The execution.
            thread: Who wants it.
            lock: Which.
            is_taken: Does somebody hold it?
            take: Takes it if nobody does, and tells whether it did.
            limit: How long to wait; negative for ever.
        """
        variable = id(lock), "lock"
        pending = [Access(variable, True, takes=True)]
        waits_for = "a lock", lock
        deadline = None if limit < 0 else world.time + limit
        blocked = is_taken if limit else None
        fresh, thread.fresh = thread.fresh, False
        if (not limit and fresh and _is_asked_for()) or 0 < limit <= MOMENT:
            self._somebody_tries(world)
            pending = [Access((id(lock), "held"), False), *pending]
        if fresh and not world.alone:
            if not world.point(thread, pending, blocked, waits_for, deadline):
                return False
            world.comes_to(thread)
        while not take():
            if not limit or not world.point(thread, pending, blocked, waits_for, deadline):
                world.used(thread, Access((id(lock), "held"), False))
                return False
        for one in pending:
            world.used(thread, one)
        if self.tries:
            world.used(thread, Access((id(lock), "held"), True))
        world.holders[id(lock)] = thread
        return True

    def _somebody_tries(self, world: World) -> None:
        """From now on it matters when a lock is given back: somebody looks whether it is."""
        if not self.tries:
            self.tries = world.learnt = True

    def _gives_back(self, world: World, thread: Thread, lock: object) -> None:
        """A lock is given back, or will be next."""
        if self.tries:
            held = Access((id(lock), "held"), True)
            if not world.alone:
                world.point(thread, [held])
            world.used(thread, held)
        world.used(thread, Access((id(lock), "lock"), True, orders=True))
        world.holders.pop(id(lock), None)

    def release(self, lock: Any) -> None:  # noqa: ANN401 - likewise
        """Give a lock back."""
        world, thread = self._here()
        if world is not None and thread is not None and id(lock) not in self._of_library:
            self._gives_back(world, thread, lock)
        self.original["release"](lock)

    def exit(self, lock: Any, *_: object) -> None:  # noqa: ANN401 - likewise
        """Give a lock back at the end of a `with`."""
        self.release(lock)

    def _state(self, lock: object) -> _Reentrant:
        state = self._reentrant.get(id(lock))
        if state is None:
            state = self._reentrant[id(lock)] = _Reentrant(lock)
        return state

    def r_acquire(self, lock: Any, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: ANN401 - likewise
        """Take a re-entrant lock."""
        world, thread = self._here()
        if self._is_over():
            return True
        if world is None or thread is None or _is_refused(blocking, timeout):
            return bool(self.original["r_acquire"](lock, blocking, timeout))
        state = self._state(lock)
        if state.owner is thread or id(lock) in self._of_library:
            state.owner = thread
            state.count += 1
            return True
        return self._r_take(world, thread, state, timeout if blocking else 0)

    def _r_take(self, world: World, thread: Thread, state: _Reentrant, limit: float) -> bool:
        def take() -> bool:
            if state.owner is not None:
                return False
            state.owner, state.count = thread, 1
            return True

        return self._take(world, thread, state.lock, state.is_taken, take, limit)

    def r_release(self, lock: Any) -> None:  # noqa: ANN401 - likewise
        """Give a re-entrant lock back."""
        world, thread = self._here()
        if world is None or thread is None:
            if not self._is_over():
                self.original["r_release"](lock)
            return
        state = self._state(lock)
        if state.owner is not thread:
            raise RuntimeError("cannot release un-acquired lock")
        state.count -= 1
        if not state.count:
            self._r_free(world, thread, state)

    def _r_free(self, world: World, thread: Thread, state: _Reentrant) -> None:
        if id(state.lock) not in self._of_library:
            self._gives_back(world, thread, state.lock)
        state.owner = None

    def r_exit(self, lock: Any, *_: object) -> None:  # noqa: ANN401 - likewise
        """Give a re-entrant lock back at the end of a `with`."""
        self.r_release(lock)

    def r_is_owned(self, lock: Any) -> bool:  # noqa: ANN401 - likewise
        """Does this thread hold it?"""
        world, thread = self._here()
        if self._is_over():
            return True
        if world is None:
            return bool(self.original["r_is_owned"](lock))
        return self._state(lock).owner is thread

    def r_recursion_count(self, lock: Any) -> int:  # noqa: ANN401 - likewise
        """How often does this thread hold it?"""
        world, thread = self._here()
        if world is None:
            return int(self.original["r_recursion_count"](lock))
        state = self._state(lock)
        return state.count if state.owner is thread else 0

    def r_locked(self, lock: Any) -> bool:  # noqa: ANN401 - likewise
        """Does anybody hold it?"""
        world, _ = self._here()
        return (
            bool(self.original["r_locked"](lock)) if world is None else self._state(lock).is_taken()
        )

    def r_release_save(self, lock: Any) -> object:  # noqa: ANN401 - likewise
        """Give it back however often it is held."""
        world, thread = self._here()
        if world is None or thread is None:
            return (1, 0) if self._is_over() else self.original["r_release_save"](lock)
        state = self._state(lock)
        if state.owner is not thread:
            raise RuntimeError("cannot release un-acquired lock")
        count = state.count
        self._r_free(world, thread, state)
        return count, thread.ident

    def r_acquire_restore(self, lock: Any, saved: Any) -> None:  # noqa: ANN401 - likewise
        """Hold it as often as before."""
        world, thread = self._here()
        if world is None or thread is None:
            if not self._is_over():
                self.original["r_acquire_restore"](lock, saved)
            return
        state = self._state(lock)
        self._r_take(world, thread, state, -1)
        state.count = saved[0]

    # Queues.

    def put(self, queue: Any, item: object, *_: object, **__: object) -> None:  # noqa: ANN401 - a queue, which is never full
        """Put something into a queue."""
        world, thread = self._here()
        if world is not None and thread is not None:
            access = Access((id(queue), "queue"), True)
            self._point(world, thread, access)
            world.used(thread, access)
        self.original["put"](queue, item)

    def get(self, queue: Any, block: bool = True, timeout: float | None = None) -> object:  # noqa: ANN401 - likewise
        """Take something out of a queue."""
        world, thread = self._here()
        original: Original = self.original["get"]
        if self._is_over():
            return original(queue, False)
        if world is None or thread is None or (timeout is not None and timeout < 0):
            return original(queue, block, timeout)
        access = Access((id(queue), "queue"), True)
        self._point(world, thread, access)
        deadline = None if timeout is None else world.time + timeout
        while block and queue.empty():
            if not world.point(
                thread, [access], queue.empty, ("an item of a queue", None), deadline
            ):
                break
        world.used(thread, access)
        return original(queue, False)

    def get_nowait(self, queue: Any) -> object:  # noqa: ANN401 - likewise
        """Take something out of a queue if there is anything."""
        return self.get(queue, False)

    # Threads.

    def get_ident(self) -> int:
        """Which thread runs."""
        world = self._points.world
        thread = None if world is None else world.here()
        return int(self.original["get_ident"]()) if thread is None else thread.ident

    def start_new_thread(
        self,
        function: Callable[..., object],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> int:
        """Start a thread."""
        world, thread = self._here()
        if world is None or thread is None:
            return int(self.original["start_new_thread"](function, args, kwargs or {}))
        return self._start(world, function, args, kwargs or {}, None).ident

    def start_joinable_thread(self, function: Any, daemon: bool = True, handle: Any = None) -> Any:  # noqa: ANN401 - likewise
        """Start a thread that can be waited for."""
        world, thread = self._here()
        if world is None or thread is None or _HANDLE is None:
            return self.original["start_joinable_thread"](function, handle=handle, daemon=daemon)
        handle = _HANDLE() if handle is None else handle
        started = self._start(world, function, (), {}, handle, daemon=daemon)
        self._threads.setdefault(id(handle), started)
        return handle

    def _start(
        self,
        world: World,
        function: Any,  # noqa: ANN401 - likewise
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        handle: object,
        *,
        daemon: bool | None = None,
    ) -> Thread:
        owner = getattr(function, "__self__", None)
        is_daemon = bool(getattr(owner, "daemon", True)) if daemon is None else daemon
        world.keep.append(handle)

        def body() -> None:
            thread = world.running
            if thread is not None:
                thread.name = str(getattr(owner, "_name", thread.path))
                if handle is not None:
                    self._threads[id(handle)] = thread
            function(*args, **kwargs)

        return world.start(body, daemon=is_daemon)

    def set_sentinel(self) -> object:
        """A lock, which the thread takes, and which is given back when it has ended."""
        world, thread = self._here()
        if world is None or thread is None:
            return self.original["_set_sentinel"]()
        lock = _thread.allocate_lock()
        thread.at_end = lambda: self.original["release"](lock) if lock.locked() else None
        world.keep.append(lock)
        return lock

    def join(self, handle: Any, timeout: float | None = None) -> None:  # noqa: ANN401 - a handle
        """Wait for the end of a thread."""
        world, thread = self._here()
        other = self._threads.get(id(handle))
        if world is None or thread is None or other is None:
            if other is None and not self._is_over():
                self.original["join"](handle, timeout)
            return
        if other is thread:
            raise RuntimeError("Cannot join current thread")
        deadline = None if timeout is None or timeout < 0 else world.time + timeout
        thread.fresh = False
        while other.alive:
            blocked = lambda: other.alive  # noqa: E731 - it is asked for later
            if not world.point(thread, [], blocked, (f"the end of {other.name}", None), deadline):
                return
        world.used(thread, Access((id(other), "end"), False, orders=True))

    def is_done(self, handle: Any) -> bool:  # noqa: ANN401 - likewise
        """Has a thread ended?"""
        other = self._threads.get(id(handle))
        return bool(self.original["is_done"](handle)) if other is None else not other.alive

    # Time.

    def sleep(self, seconds: Any) -> None:  # noqa: ANN401 - a number
        """Let virtual time pass."""
        world, thread = self._here()
        if world is None or thread is None or not seconds >= 0 or _waits_outside():
            self.original["sleep"](0 if self._is_over() else seconds)
        elif world.alone:
            world.time += float(seconds)
        else:
            world.sleep(thread, float(seconds))

    def _now(self, clock: str) -> float:
        """Virtual time, which is the same in every execution.

        It passes a little whenever somebody looks, so who does so again and again until it is
        late enough comes to an end.
        """
        world, thread = self._here()
        if world is None or thread is None:
            return float(self.original[clock]())
        world.time += _TICK
        return self._began[clock] + world.time

    def monotonic(self) -> float:
        """Virtual time."""
        return self._now("monotonic")

    def perf_counter(self) -> float:
        """Virtual time."""
        return self._now("perf_counter")

    def time(self) -> float:
        """Virtual time."""
        return self._now("time")
