"""What may be different: each change is a function that alters how the work is to be done."""

from __future__ import annotations

import gc
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ungil.bench.worker.arms import cut
from ungil.bench.worker.otherwise import apart, crew
from ungil.bench.worker.otherwise.crew import Done
from ungil.bench.worker.otherwise.worlds import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    from ungil.bench.worker.task import Task

    class Change(Protocol):
        """Makes one thing different."""

        def __call__(self, plan: Plan, /) -> None:
            """Alter a plan."""


__all__ = ["CHANGES", "Plan"]


class Plan:
    """How the work is to be done; without a change, as in a pool of threads.

    Attributes:
        request: See `ungil.bench.worker.__main__`.
        workers: How many there are.
        task: What is measured.
        first: Items to be warm by.
        items: Those that are measured.
        pieces: Positions of items.
        dealt: Has each worker its share beforehand?
        run: Does it, and is told what to call when all stand ready.
    """

    def __init__(self, request: dict[str, Any], task: Task) -> None:
        self.request = request
        self.workers: int = request["workers"]
        self.task = task
        self.first = task.items()
        self.items = task.items()
        self.pieces: Sequence[Sequence[int]] = cut(
            list(range(len(self.items))), request["cut"], request["piece"]
        )
        self.dealt = True
        self.run: Callable[[Callable[[Any], None]], list[Done]] = partial(
            self.in_threads, lambda: (task.function, self.first, self.items)
        )

    def in_threads(
        self, make: Callable[[], crew.Part], started: Callable[[Any], None]
    ) -> list[Done]:
        """Do it in threads, each of which gets its part from `make`."""
        return crew.run(self.workers, self.pieces, make, started, dealt=self.dealt)


def _nothing(_: Plan) -> None: ...


def _private(plan: Plan) -> None:
    """Each thread has its own copies of all that is shared, but for what is named."""
    world = World(plan.request, plan.task.function, plan.items)
    plan.run = partial(plan.in_threads, partial(world.copy, plan.request["again"]))


def _isolated(plan: Plan) -> None:
    """Processes instead of threads."""
    plan.run = lambda _: apart.run(plan.request, plan.workers, plan.pieces)


def _frozen(_: Plan) -> None:
    """What is there is never looked at by the garbage collector, and it does not run."""
    gc.freeze()
    gc.disable()


def _ordered(plan: Plan) -> None:
    """Who is free takes the next item, in the order that is asked for."""
    plan.dealt = False
    plan.pieces = [(at,) for at in plan.request["order"]]


def _uncollected(plan: Plan) -> None:
    """Likewise, without the garbage collector, which meets items that are not to blame."""
    _ordered(plan)
    _frozen(plan)


def _singly(plan: Plan) -> None:
    """Each item is sent by itself, as `ThreadPoolExecutor.map` does it."""
    plan.run = partial(_mapped, plan)


def _mapped(plan: Plan, started: Callable[[Any], None]) -> list[Done]:
    done = Done()
    with ThreadPoolExecutor(plan.workers) as executor:
        list(executor.map(plan.task.function, plan.first[: 100 * plan.workers]))
        started([])
        # All that is done to send them counts, in whatever thread.
        done.began, cpu = time.perf_counter(), time.process_time()
        for _ in executor.map(plan.task.function, plan.items):
            pass
        done.ended, done.cpu = time.perf_counter(), time.process_time() - cpu
    return [done]


CHANGES: dict[str, Change] = {
    "": _nothing,
    "private": _private,
    "isolated": _isolated,
    "frozen": _frozen,
    "ordered": _ordered,
    "uncollected": _uncollected,
    "singly": _singly,
}
