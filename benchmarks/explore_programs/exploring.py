"""Let one tool explore one program, as often as it is told; print what it took.

    python exploring.py TOOL NUMBER SCHEDULES

TOOL is ungil-STRATEGY, ungil-STRATEGY-JOBS (of `small.many_orders`), frontrun, frontrun-all,
interleave-test-random, interleave-test-pct, or plain: threads as they are, in whatever schedule
comes.
Prints JSON: executions, seconds and whether all that differ were explored.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def by_ungil(strategy: str, number: int, schedules: int) -> dict[str, Any]:
    """Ours."""
    import small

    import ungil.races

    found = ungil.races.explore(
        setup=small.Shared,
        workers=list(small.PROGRAMS.values())[number],
        strategy=strategy,
        schedules=schedules,
        folder=HERE,
    )
    return {
        "executions": found.executions,
        "seconds": found.seconds,
        "complete": found.complete,
    }


def by_jobs(strategy: str, jobs: int, schedules: int) -> dict[str, Any]:
    """Ours, in processes; they start within the time that is measured."""
    from ungil.races import Settings
    from ungil.races.schedule import Request, processes, spread

    request = Request(Settings(str(HERE)).to_json(), "small:many_orders")
    began = time.perf_counter()
    with processes(request, jobs) as engine:
        found = spread(
            engine.begin,
            engine.at_once,
            strategy=strategy,
            schedules=schedules,
            seconds=300,
            seed=0,
            limit=300,
        )
    return {
        "executions": found["executions"],
        "seconds": time.perf_counter() - began,
        "complete": found["complete"],
    }


def by_frontrun(bound: int | None, number: int) -> dict[str, Any]:
    """frontrun 0.7.0, which says when it is through."""
    import frontrun  # type: ignore[import-not-found,unused-ignore]  # only where it is compared
    import small

    workers = list(small.PROGRAMS.values())[number]
    began = time.perf_counter()
    found = frontrun.explore(
        setup=small.Shared,
        workers=workers,
        invariant=lambda _: True,
        preemption_bound=bound,
        trace_packages=["small"],
        stop_on_first=False,
        reproduce_on_failure=0,
        total_timeout=60,
    )
    seconds = time.perf_counter() - began
    return {
        "executions": found.num_explored,
        "seconds": seconds,
        "complete": bound is None and seconds < 60,
    }


def by_interleave_test(strategy: str, number: int, schedules: int) -> dict[str, Any]:
    """interleave-test 0.1.0."""
    import interleave_test  # type: ignore[import-not-found,unused-ignore]  # only where it is compared
    import small

    workers: Sequence[Callable[[Any], None]] = list(small.PROGRAMS.values())[number]

    def model() -> None:
        it = small.Shared()
        tasks = [interleave_test.spawn(work, it) for work in workers]
        for task in tasks:
            task.join()

    began = time.perf_counter()
    interleave_test.explore(
        model,
        iterations=schedules,
        seed=1,
        strategy=strategy,
        raise_on_failure=False,
        include=[small.__file__],
    )
    return {
        "executions": schedules,
        "seconds": time.perf_counter() - began,
        "complete": False,
    }


def by_nobody(number: int, schedules: int) -> dict[str, Any]:
    """No tool at all."""
    import small

    workers = list(small.PROGRAMS.values())[number]
    began = time.perf_counter()
    for _ in range(schedules):
        it = small.Shared()
        threads = [threading.Thread(target=work, args=(it,)) for work in workers]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    return {
        "executions": schedules,
        "seconds": time.perf_counter() - began,
        "complete": False,
    }


def main() -> None:
    """Explore, and print."""
    tool, number, schedules = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if tool.startswith("ungil-"):
        _, strategy, *jobs = tool.split("-")
        found = (
            by_jobs(strategy, int(jobs[0]), schedules)
            if jobs
            else by_ungil(strategy, number, schedules)
        )
    elif tool == "plain":
        found = by_nobody(number, schedules)
    elif tool.startswith("frontrun"):
        found = by_frontrun(None if tool == "frontrun-all" else 2, number)
    else:
        found = by_interleave_test(tool.rpartition("-")[2], number, schedules)
    print(json.dumps(found), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
