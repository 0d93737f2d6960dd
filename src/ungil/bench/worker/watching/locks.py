"""How long threads wait for which lock, and at which line.

The locks that the user's modules make are wrapped: those of `threading` itself, and those in a
`Condition`, `Semaphore`, `Event`, `Barrier` or `queue.Queue`, which are made of them. So it has
to begin before the user's modules are imported. Locks that no line of the user's makes are
left alone.
"""

from __future__ import annotations

import sys
import threading
import time

from ungil.bench.worker.project import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Place = tuple[str, int]

__all__ = ["Locks", "Timed"]


class Locks:
    """All locks that are made from now on."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._tables: list[dict[tuple[str, Place, Place], list[float]]] = []
        self._made: list[Timed] = []
        patched: Any = threading
        make_lock, make_rlock = threading.Lock, threading.RLock
        # `Condition.wait` makes one for each who waits.
        allocate = patched._allocate_lock  # noqa: SLF001 - nothing else tells who waits for a condition
        patched.Lock = self._maker(make_lock, "lock", Timed)
        patched.RLock = self._maker(make_rlock, "lock", TimedRLock)
        patched._allocate_lock = self._maker(allocate, "condition", Timed)  # noqa: SLF001 - nothing else tells who waits for a condition

    def begin(self) -> None:
        """Forget what was seen until now."""
        for table in self._tables:
            table.clear()
        for one in self._made:
            one.held = 0.0

    def seen(self) -> list[dict[str, Any]]:
        """Of each lock, by the line that made it: seconds held, and waited at each line."""
        found: dict[tuple[str, Place], dict[str, Any]] = {}
        for one in self._made:
            entry = found.setdefault((one.kind, one.made), _entry(one.kind, one.made))
            entry["held"] += one.held
        for table in self._tables:
            for (kind, made, at), (count, seconds) in table.items():
                waits = found.setdefault((kind, made), _entry(kind, made))["waits"]
                waits.append({"file": at[0], "line": at[1], "count": count, "seconds": seconds})
        return [entry for entry in found.values() if entry["waits"] or entry["held"]]

    def waited(self, lock: Timed, seconds: float) -> None:
        """A thread has waited."""
        at = where(sys._getframe(2)) or lock.made  # noqa: SLF001 - the documented way to who calls
        table = getattr(self._local, "table", None)
        if table is None:
            # One for each thread: a table in common would be one more thing to wait for.
            table = self._local.table = {}
            self._tables.append(table)
        entry = table.setdefault((lock.kind, lock.made, at), [0, 0.0])
        entry[0] += 1
        entry[1] += seconds

    def _maker(self, make: Callable[[], Any], kind: str, wrapper: type[Timed]) -> Callable[[], Any]:
        def maker() -> Any:  # noqa: ANN401 - a lock, in whatever guise
            made = where(sys._getframe(1))  # noqa: SLF001 - the documented way to who calls
            if made is None:
                return make()
            lock = wrapper(make(), kind, made, self)
            if kind == "lock":
                self._made.append(lock)
            return lock

        return maker


def _entry(kind: str, made: Place) -> dict[str, Any]:
    return {"kind": kind, "file": made[0], "line": made[1], "held": 0.0, "waits": []}


class Timed:
    """A lock that says how long it was waited for, and held."""

    def __init__(self, lock: Any, kind: str, made: Place, locks: Locks) -> None:  # noqa: ANN401 - locks have no type in common
        self.kind = kind
        self.made = made
        self.held = 0.0
        self._lock = lock
        self._locks = locks
        self._since = 0.0
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, and say so if it had to be waited for."""
        got: bool = self._lock.acquire(False)
        if not got:
            if not blocking:
                return False
            began = time.perf_counter()
            got = self._lock.acquire(True, timeout)
            self._locks.waited(self, time.perf_counter() - began)
        if got:
            self._taken()
        return got

    def release(self) -> None:
        """Let go of it."""
        self._let_go()
        self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the lock has
        return getattr(self._lock, name)

    # Only who holds the lock counts.
    def _taken(self) -> None:
        self._depth += 1
        if self._depth == 1:
            self._since = time.perf_counter()

    def _let_go(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            self.held += time.perf_counter() - self._since


class TimedRLock(Timed):
    """One that a `Condition` lets go of, however often it was taken."""

    def _release_save(self) -> tuple[int, Any]:
        depth, self._depth = self._depth, 1
        self._let_go()
        return depth, self._lock._release_save()  # noqa: SLF001 - what Condition calls

    def _acquire_restore(self, state: tuple[int, Any]) -> None:
        self._lock._acquire_restore(state[1])  # noqa: SLF001 - what Condition calls
        self._taken()
        self._depth = state[0]
