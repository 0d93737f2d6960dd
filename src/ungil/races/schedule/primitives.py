"""The C functions that threads wait by, under control.

They are called in the place of the originals, whoever calls them and however early they
got hold of them (`_native/hooks.c`): so locks that were made in the body of a module, in a
library or before this began obey as well, and all that `threading`, `queue` and
`concurrent.futures` build of them. Those of locks are in C, too (`_native/taking.c`).
"""

from __future__ import annotations

import _queue
import _thread
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ungil.races.schedule.threads import Access, Thread

if TYPE_CHECKING:
    from types import ModuleType

    from ungil.races.schedule.world import World

__all__ = ["Primitives"]

_LOCK = type(_thread.allocate_lock())
_HANDLE = getattr(_thread, "_ThreadHandle", None)  # since 3.13

_TICK = 1e-5
"""Seconds that pass when a clock is looked at."""

Original = Callable[..., Any]


def _waits_outside() -> bool:
    """Does somebody sleep who looks again and again whether another process has ended?"""
    return sys._getframe(2).f_globals.get("__name__") == "subprocess"  # noqa: SLF001 - who calls


class Primitives:
    """What is called in the place of the C functions; each gives what they would.

    Outside of an execution, and in threads that are not the program's, they are called.

    Attributes:
        original: The originals, by name.
        locks: The types of locks, and which locks are none of the program's.
    """

    def __init__(self, native: ModuleType) -> None:
        """Prepare them.

        Args:
            native: The native core.
        """
        self._native = native
        self._home = _thread.get_ident()
        self._threads: dict[int, Thread] = {}
        self._began: dict[str, float] = {}
        # The last: of the list of running threads; who is on it is the library's own affair.
        self.locks = {
            "lock": _LOCK,
            "reentrant": _thread.RLock,
            "library": tuple(
                vars(threading).get(one) for one in ("_active_limbo_lock", "_shutdown_locks_lock")
            ),
        }
        self.original: dict[str, Original] = {}

    def pairs(self) -> list[tuple[object, Original, str]]:
        """Which functions to exchange, for what, and what to call the original."""
        rlock, queue, native = _thread.RLock, _queue.SimpleQueue, self._native
        found: list[tuple[object, str, Original, str]] = [
            *(
                (_LOCK, one, native.lock_acquire, "acquire")
                for one in ("acquire", "acquire_lock", "__enter__")
            ),
            *(
                (_LOCK, one, native.lock_release, "release")
                for one in ("release", "release_lock", "__exit__")
            ),
            *((rlock, one, native.lock_r_acquire, "r_acquire") for one in ("acquire", "__enter__")),
            *((rlock, one, native.lock_r_release, "r_release") for one in ("release", "__exit__")),
            (rlock, "_is_owned", native.lock_r_is_owned, "r_is_owned"),
            (rlock, "_recursion_count", native.lock_r_recursion_count, "r_recursion_count"),
            (rlock, "_release_save", native.lock_r_release_save, "r_release_save"),
            (rlock, "_acquire_restore", native.lock_r_acquire_restore, "r_acquire_restore"),
            (rlock, "locked", native.lock_r_locked, "r_locked"),
            *((queue, one, self.put, "put") for one in ("put", "put_nowait")),
            (queue, "get", self.get, "get"),
            (queue, "get_nowait", self.get_nowait, "get_nowait"),
            (_thread, "get_ident", native.lock_get_ident, "get_ident"),
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

    def end(self, left: Iterable[Thread] = ()) -> None:
        """An execution has ended.

        Args:
            left: Threads that are still there.
        """
        active: dict[int, object] = threading._active  # type: ignore[attr-defined]  # noqa: SLF001 - who never ended is listed there
        home = self._home
        gone = [one for one in active if one < 1 << 12 and one != home]
        gone += [one.ident for one in left]
        for ident in gone:
            active.pop(ident, None)
        self._threads.clear()
        self._began.clear()

    def to_plain(self, world: World, thread: Thread) -> None:
        """From now on the originals are called, in this thread of the system alone."""
        for lock in world.held(thread):
            self.original["r_acquire"](lock)
        if thread.ident != self._home:
            active: dict[int, Any] = threading._active  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other name for it
            current = active.pop(thread.ident, None)
            if current is not None:
                current._set_ident()  # noqa: SLF001 - as a thread that begins does
                active[current.ident] = current

    def _here(self) -> tuple[World | None, Thread | None]:
        world: World | None = self._native.carried()
        if world is None or world.over or (thread := world.here()) is None:
            return None, None
        return world, thread

    def _is_over(self) -> bool:
        """Is this a thread that is being ended, in its `finally`?"""
        world: World | None = self._native.carried()
        return world is not None and world.over

    def _point(self, world: World, thread: Thread, access: Access) -> None:
        """The first operation behind a place in the source is a point."""
        if thread.fresh:
            thread.fresh = False
            if not world.alone:
                world.point(thread, [access])

    # Queues.

    def put(self, queue: Any, item: object, *_: object, **__: object) -> None:  # noqa: ANN401 - a queue, which is never full
        """Put something into a queue."""
        world, thread = self._here()
        if world is not None and thread is not None:
            access = Access((id(queue), "queue"), True)
            self._point(world, thread, access)
            world.used(thread, access)
        self.original["put"](queue, item)

    def get(self, queue: Any, block: bool = True, timeout: float | None = None) -> object:  # noqa: ANN401 - a queue
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

    def get_nowait(self, queue: Any) -> object:  # noqa: ANN401 - a queue
        """Take something out of a queue if there is anything."""
        return self.get(queue, False)

    # Threads.

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

    def start_joinable_thread(self, function: Any, daemon: bool = True, handle: Any = None) -> Any:  # noqa: ANN401 - the program's function, and a handle
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
        function: Any,  # noqa: ANN401 - the program's function
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
            if not world.point(thread, [], (other,), (f"the end of {other.name}", None), deadline):
                return
        world.joined(thread, (other,))

    def is_done(self, handle: Any) -> bool:  # noqa: ANN401 - a handle
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
        began = self._began.get(clock)
        if began is None:
            began = self._began[clock] = float(self.original[clock]())
        return began + world.time

    def monotonic(self) -> float:
        """Virtual time."""
        return self._now("monotonic")

    def perf_counter(self) -> float:
        """Virtual time."""
        return self._now("perf_counter")

    def time(self) -> float:
        """Virtual time."""
        return self._now("time")
