"""What a task is like, measured in serial.

How long its items take and how different they are, how much of that is waiting, what it costs
to send them to another process, and how much of the processor time holds the GIL.
"""

from __future__ import annotations

import asyncio
import pickle
import time
from multiprocessing.reduction import ForkingPickler
from statistics import fmean, pstdev

from ungil.bench.worker.arms import Failed
from ungil.bench.worker.held import watched
from ungil.bench.worker.task import TaskError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ungil.bench.worker.task import Task

__all__ = ["profile"]

_WARMING = 10
"""One of so many items is done before, as for a sample."""

_PICKLED = 500
"""Of more items or results, so many are pickled."""


def profile(task: Task) -> dict[str, Any]:
    """Measure what a task is like.

    Args:
        task: What it is.

    Returns:
        As `__main__` says.

    Raises:
        TaskError: There is nothing to do.
    """
    with asyncio.Runner() as runner:
        call = _awaited(task, runner) if task.waits else task.function
        items = task.items()
        if not items:
            raise TaskError("there is no item")
        _pass(call, items[::_WARMING])
        items = task.items()
        given = _pickling(items)
        delay, cpu = _delay(), time.process_time()
        seconds, results = _pass(call, items)
        cpu = time.process_time() - cpu
        wall = sum(seconds)
        return {
            "items": len(items),
            "wall": wall,
            "cpu": cpu,
            "delay": _delay() - delay,
            "mean": fmean(seconds),
            "variation": pstdev(seconds) / fmean(seconds) if wall else 0.0,
            "longest": max(seconds) / wall if wall else 0.0,
            "function": _pickling([task.function]),
            "given": given,
            "results": _pickling(results),
            **watched(task.items, lambda items: _pass(call, items)),
        }


def _awaited(task: Task, runner: asyncio.Runner) -> Callable[[Any], Any]:
    """A coroutine function as one that is called; one item waits for the other."""

    def call(item: object) -> Any:  # noqa: ANN401 - whatever the user's coroutine returns
        return runner.run(task.function(item))

    return call


def _pass(call: Callable[[Any], Any], items: Sequence[Any]) -> tuple[list[float], list[Any]]:
    """Seconds of each item, and its result."""
    seconds: list[float] = []
    results: list[Any] = []
    for item in items:
        began = time.perf_counter()
        try:
            result = call(item)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it counts as the result
            result = Failed(error)
        seconds.append(time.perf_counter() - began)
        results.append(result)
    return seconds, results


def _pickling(objects: Sequence[Any]) -> dict[str, Any]:
    """What it costs to send objects one by one, as a pool of processes does."""
    some = objects[:: -(-len(objects) // _PICKLED)]
    each = len(objects) / len(some)
    began = time.process_time()
    try:
        pickles = [bytes(ForkingPickler.dumps(one)) for one in some]
        for one in pickles:
            pickle.loads(one)  # noqa: S301 - of these very objects
    except Exception as error:  # noqa: BLE001 - the user's objects may raise anything
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return {"bytes": 0, "seconds": 0.0, "problem": text}
    seconds = time.process_time() - began
    return {"bytes": sum(map(len, pickles)) * each, "seconds": seconds * each, "problem": ""}


def _delay() -> float:
    """Seconds that this thread was ready to run and had no processor, so far.

    On a busy machine that is no waiting of the function's. Linux alone tells
    (Documentation/scheduler/sched-stats.rst).
    """
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:  # noqa: PTH123 - pathlib would be the largest thing imported here
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
