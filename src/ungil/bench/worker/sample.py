"""One sample: an arm is made ready, warmed up and timed."""

from __future__ import annotations

import time

from ungil.bench.worker.arms import ARMS, SETTLING, Failed, cut, unloadable
from ungil.bench.worker.clocks import cpu_seconds, shared_out_bytes
from ungil.bench.worker.task import TaskError
from ungil.bench.worker.truth import compare, keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ungil.bench.worker.arms import Arm
    from ungil.bench.worker.task import Task

__all__ = ["measure"]

_WARMING = 10
"""One of so many items is done before, so that code is specialised and files are cached."""


def measure(request: dict[str, Any], task: Task) -> dict[str, Any]:
    """Take one sample.

    Args:
        request: See `__main__`.
        task: What it names.

    Returns:
        As `__main__` says.

    Raises:
        ImportError: What is done imports what interpreters cannot load.
        TaskError: There is nothing to do.
    """
    workers: int = request["workers"]
    began = time.perf_counter()
    with ARMS[request["arm"]](workers) as arm:
        start = max(0.0, time.perf_counter() - began - SETTLING * (workers > 1))
        items = task.items()
        if not items:
            raise TaskError("there is no item")
        # A few of them all over, and at least one for each worker.
        some = items[:: max(1, len(items) // max(workers, len(items) // _WARMING))]
        warming, _, results = _pass(arm, task, cut(some, workers, 1))
        _loadable(results)
        items = task.items()
        wall, cpu, results = _pass(arm, task, cut(items, workers, request["piece"]))
        memory = shared_out_bytes(arm.processes())
    return {
        "items": len(items),
        "start": start,
        "warming": warming,
        "wall": wall,
        "cpu": cpu,
        "memory": memory,
        "failed": sum(isinstance(one, Failed) for one in results),
        "failure": _first_failure(results),
        **_judged(request, task.check, results),
    }


def _loadable(results: Sequence[Any]) -> None:
    """See that interpreters can import what the function does.

    Raises:
        ImportError: An extension module has to be alone in its process.
    """
    reason = unloadable(results[0].text) if isinstance(results[0], Failed) else ""
    if reason:
        raise ImportError(reason)


def _pass(
    arm: Arm, task: Task, pieces: Sequence[Sequence[Any]]
) -> tuple[float, float | None, list[Any]]:
    """Do all the pieces; seconds of wall-clock and of processor time, and the results."""
    others = arm.processes()
    cpu = cpu_seconds(others)
    began = time.perf_counter()
    done = arm.run(task, pieces)
    wall = time.perf_counter() - began
    after = cpu_seconds(others)
    results = [one for piece in done for one in piece]
    return wall, after - cpu if after is not None and cpu is not None else None, results


def _first_failure(results: Sequence[Any]) -> str:
    for at, one in enumerate(results):
        if isinstance(one, Failed):
            return f"item {at}: {one.text}"
    return ""


def _judged(
    request: dict[str, Any], check: Callable[[list[Any]], bool] | None, results: list[Any]
) -> dict[str, Any]:
    """Are the results right, as far as that can be told?"""
    wrong, compared = _checked(check, results), True
    if wrong:
        return {"wrong": wrong, "compared": compared, "check_failed": True}
    if request["keep"]:
        compared = keep(results, request["truth"]) or check is not None
    elif request["truth"]:
        wrong = compare(results, request["truth"])
    else:
        compared = check is not None
    return {"wrong": wrong, "compared": compared}


def _checked(check: Callable[[list[Any]], bool] | None, results: list[Any]) -> str:
    """What the check has against the results; empty if nothing."""
    try:
        return "" if check is None or check(results) else "the check of the results says no"
    except Exception as error:  # noqa: BLE001 - a check may be made of assertions
        return f"the check of the results fails: {type(error).__name__}: {error}".replace("\n", " ")
