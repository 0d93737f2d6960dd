"""One run of the work, with one thing changed."""

from __future__ import annotations

import sys

from ungil.bench.worker.otherwise.changes import CHANGES, Plan
from ungil.bench.worker.otherwise.within import locks_in
from ungil.bench.worker.otherwise.worlds import ITEMS, World
from ungil.bench.worker.project import project_modules
from ungil.bench.worker.task import TaskError, load
from ungil.bench.worker.watching.locks import Locks, Timed
from ungil.bench.worker.watching.pauses import Pauses
from ungil.bench.worker.watching.sleepers import Sleepers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import Thread
    from typing import Any

__all__ = ["answer", "answer_places"]


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Do what a request asks.

    Returns:
        As `ungil.bench.worker.__main__` says.

    Raises:
        TaskError: Something is not there.
    """
    watching = _Watching() if request["watch"] else None
    task = load(request)
    if task.waits:
        raise TaskError("it is a coroutine function, which only asyncio runs")
    plan = Plan(request, task)
    if not plan.items:
        raise TaskError("there is no item")
    CHANGES[request["change"]](plan)
    done = plan.run(watching.begin if watching else lambda _: None)
    return {
        "items": len(plan.items),
        "workers": [(one.began, one.ended, one.cpu, one.delay) for one in done],
        "pieces": [piece for one in done for piece in one.pieces] if request["detail"] else [],
        "failed": sum(one.failed for one in done),
        "failure": next((one.failure for one in done if one.failure), ""),
        **(watching.seen() if watching else {}),
    }


def answer_places(request: dict[str, Any]) -> dict[str, Any]:
    """What could be private, as far as threads have it in common, with the locks in it."""
    Locks()  # those that are made from now on are known by the line that makes them
    task = load(request)
    world = World(request, task.function, task.items())
    by_object = {id(group[0].value): key for key, group in world.shared.items()}
    found = [
        _place(key, group[0].name, group[0].module, group[0].value, "")
        for key, group in world.shared.items()
    ]
    for path, one in world.in_common[:1]:
        also = by_object.get(id(one), "")
        found.append(_place(ITEMS, path, getattr(task.function, "__module__", ""), one, also))
    files = {name: sys.modules[name].__file__ for name in project_modules()}
    return {"places": found, "files": files}


def _place(key: str, name: str, module: str, value: object, also: str) -> dict[str, Any]:
    locks = [
        {"name": path, "file": lock.made[0], "line": lock.made[1]}
        for path, lock in locks_in(value)
        if lock.kind == "lock"
    ]
    kind = "lock" if isinstance(value, Timed) else type(value).__name__
    return {"key": key, "name": name, "module": module, "kind": kind, "also": also, "locks": locks}


class _Watching:
    """All that looks at what threads wait for."""

    def __init__(self) -> None:
        self._locks = Locks()
        self._pauses = Pauses()
        self._sleepers = Sleepers()

    def begin(self, threads: list[Thread]) -> None:
        self._locks.begin()
        self._pauses.begin()
        self._sleepers.begin(threads)

    def seen(self) -> dict[str, Any]:
        self._sleepers.end()
        return {
            "locks": self._locks.seen(),
            "pauses": self._pauses.seen(),
            "sleeps": self._sleepers.seen(),
        }
