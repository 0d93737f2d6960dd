"""The ways of doing many tasks: in serial, in threads, processes, interpreters, under asyncio.

All of them get the same pieces of work, in the same order, and the first free worker takes
the next. So what differs is what carries the work, and not how it is cut: an executor's own
`map` sends each item by itself in one way (threads) and in pieces in another (processes).
"""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Any, Protocol, Self

    from ungil.bench.worker.task import Task

    class Arm(Protocol):
        """A way of doing tasks; it stands ready while it is entered."""

        def run(self, task: Task, pieces: Sequence[Sequence[Any]]) -> list[list[Any]]:
            """Do all the pieces; the results of each."""

        def processes(self) -> list[int]:
            """The numbers of the other processes that do it."""

        def __enter__(self) -> Self: ...

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            traceback: TracebackType | None,
        ) -> None: ...


__all__ = ["ARMS", "OLDEST", "SETTLING", "Failed", "cut", "do", "unloadable"]

_AT_ONCE = 256
"""How many tasks may wait at the same time under asyncio; a program has as many connections."""

_PIECES = 4
"""For each worker. Fewer, and the last one is waited for; more, and each costs its sending."""


class Failed:
    """An exception, in the place of a result."""

    __slots__ = ("text",)

    def __init__(self, error: BaseException) -> None:
        self.text = f"{type(error).__name__}: {error}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Failed) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def cut(items: list[Any], workers: int, size: int | None) -> list[list[Any]]:
    """Cut the items into pieces.

    Args:
        items: All of them.
        workers: How many there are.
        size: Items in a piece; None for four pieces a worker.
    """
    size = size or max(1, -(-len(items) // (workers * _PIECES)))
    return [items[at : at + size] for at in range(0, len(items), size)]


def do(function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Do one piece, in whatever process or interpreter; a result for each item.

    No clock is read here: of tiny pieces that would be a large part.
    """
    results: list[Any] = []
    for item in items:
        try:
            results.append(function(item))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it counts as the result; since 3.11 the `try` is free
            results.append(Failed(error))
    return results


class _Serial:
    def run(self, task: Task, pieces: Sequence[Sequence[Any]]) -> list[list[Any]]:
        if not task.waits:
            return [do(task.function, piece) for piece in pieces]
        # Coroutines in serial: each is awaited before the next one begins.
        with asyncio.Runner() as runner:
            return [do(lambda item: runner.run(task.function(item)), piece) for piece in pieces]

    def processes(self) -> list[int]:
        return []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


class _Pool:
    """Workers of an executor, all of which have been started."""

    def __init__(self, executor: Executor, workers: int) -> None:
        self._executor = executor
        self._workers = workers

    def run(self, task: Task, pieces: Sequence[Sequence[Any]]) -> list[list[Any]]:
        waiting = [self._executor.submit(do, task.function, piece) for piece in pieces]
        return [one.result() for one in waiting]

    def processes(self) -> list[int]:
        return list(getattr(self._executor, "_processes", None) or ())

    def __enter__(self) -> Self:
        # Each sleeps, so that none can do the work of one that is not there yet.
        for one in [self._executor.submit(time.sleep, SETTLING) for _ in range(self._workers)]:
            one.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()


class _Asyncio:
    """One thread, in which tasks wait at the same time."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, task: Task, pieces: Sequence[Sequence[Any]]) -> list[list[Any]]:
        return self._runner.run(self._all(task, pieces))

    async def _all(self, task: Task, pieces: Sequence[Sequence[Any]]) -> list[list[Any]]:
        assert task.coroutine is not None  # noqa: S101 - else the arm is not there
        coroutine = task.coroutine
        free = asyncio.Semaphore(_AT_ONCE)

        async def one(item: object) -> Any:  # noqa: ANN401 - whatever the user's coroutine returns
            async with free:
                try:
                    return await coroutine(item)
                except (Exception, SystemExit) as error:  # noqa: BLE001 - it counts as the result
                    return Failed(error)

        return [await asyncio.gather(*(one(item) for piece in pieces for item in piece))]

    def processes(self) -> list[int]:
        return []

    def __enter__(self) -> Self:
        self._runner.get_loop()
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()


def _serial(_: int) -> Arm:
    return _Serial()


def _threads(workers: int) -> Arm:
    return _Pool(ThreadPoolExecutor(workers), workers)


def _processes(workers: int) -> Arm:
    return _Pool(ProcessPoolExecutor(workers), workers)


def _interpreters(workers: int) -> Arm:
    futures = import_module("concurrent.futures")
    executor: Callable[[int], Executor] = futures.InterpreterPoolExecutor
    return _Pool(executor(workers), workers)


def _asyncio(_: int) -> Arm:
    return _Asyncio()


ARMS: dict[str, Callable[[int], Arm]] = {
    "serial": _serial,
    "threads": _threads,
    "processes": _processes,
    "interpreters": _interpreters,
    "asyncio": _asyncio,
}

_UNLOADABLE = re.compile(r"module \S+ does not support loading in subinterpreters")
"""An error of Python/import.c, for extension modules that have to be alone."""


def unloadable(text: str) -> str:
    """What of an error names a module that interpreters cannot load; empty if it is another."""
    found = _UNLOADABLE.search(text)
    return found[0] if found is not None else ""


OLDEST = {"interpreters": (3, 14)}  # PEP 734
"""Since when Python has it."""

SETTLING = 0.01
"""Seconds for which a worker that was just started is kept busy."""
