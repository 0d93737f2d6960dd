"""Let one tool look for the bug of a classic; print what it took.

    python classic.py TOOL NAME WHICH SCHEDULES SECONDS SEED ...

TOOL is ungil-STRATEGY, frontrun-dpor, frontrun-random, interleave-test-random,
interleave-test-pct or stress. NAME is a module of `tests/races/classics`, WHICH is racy or
fixed. It looks once for each SEED, with at most SCHEDULES in at most SECONDS.

Prints JSON, a list with an object for each seed: found (how many schedules it took, null if
none failed), schedules, seconds, complete (were those all?) and text (what failed).
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

CLASSICS = Path(__file__).resolve().parents[2] / "tests" / "races"
sys.path.insert(0, str(CLASSICS))

Functions = Sequence[Callable[[], object]]


def result(
    *, found: int | None, schedules: int, began: float, text: str = "", complete: bool = False
) -> dict[str, Any]:
    """What is printed."""
    seconds = time.perf_counter() - began
    return {
        "found": found,
        "schedules": schedules,
        "seconds": seconds,
        "complete": complete,
        "text": text,
    }


def program(name: str, which: str) -> Callable[[], object]:
    """A classic."""
    found: Callable[[], object] = getattr(import_module(f"classics.{name}"), which)
    return found


def by_ungil(
    strategy: str, name: str, which: str, schedules: int, limit: float, seeds: Sequence[int]
) -> list[dict[str, Any]]:
    """Ours; that the schedule is made shorter when it was found does not count."""
    from ungil.races import Session, Settings
    from ungil.races.schedule import Control, explore

    control = Control()
    Session(Settings(str(CLASSICS)), lambda _: None, control).start()
    test = program(name, which)
    results = []
    for seed in seeds:
        runs, began = 0, time.perf_counter()
        ended = began

        def done(count: int) -> None:
            nonlocal runs, ended
            runs, ended = count, time.perf_counter()

        found = explore(
            control,
            test,
            strategy=strategy,
            schedules=schedules,
            seconds=limit,
            seed=seed,
            done=done,
        )
        results.append(
            result(
                found=None if found.failure is None else runs,
                schedules=found.executions if found.complete else runs,
                began=began + time.perf_counter() - ended,
                text="" if found.failure is None else found.failure.text,
                complete=found.complete,
            )
        )
    return results


class Halves:
    """A classic in two halves: until its threads start, and from when they have ended."""

    def __init__(self, test: Callable[[], object]) -> None:
        import greenlet
        from classics import in_threads

        main = greenlet.getcurrent()
        in_threads.play = main.switch
        self._second = greenlet.greenlet(test)
        self.functions: Functions = self._second.switch()

    def holds(self) -> bool:
        """Is the second half content?"""
        try:
            self._second.switch()
        except AssertionError:
            return False
        return True


def by_frontrun(
    strategy: str, name: str, which: str, schedules: int, limit: float, seed: int
) -> dict[str, Any]:
    """frontrun 0.7.0, which is given what is shared, what threads do and what must hold."""
    import frontrun  # type: ignore[import-not-found,unused-ignore]  # only where it is compared

    test = program(name, which)
    executions = 0

    def setup() -> Halves:
        nonlocal executions
        executions += 1
        return Halves(test)

    def worker(number: int) -> Callable[[Halves], object]:
        return lambda halves: halves.functions[number]()

    options: dict[str, Any] = (
        {"max_executions": schedules, "preemption_bound": None}
        if strategy == "dpor"
        else {"max_attempts": schedules, "seed": seed}
    )
    count = len(Halves(test).functions)
    began = time.perf_counter()
    try:
        found = frontrun.explore(
            setup=setup,
            workers=[worker(number) for number in range(count)],
            invariant=Halves.holds,
            strategy=strategy,
            trace_packages=["classics", "classics.*"],
            reproduce_on_failure=0,
            total_timeout=limit,
            clock="virtual",
            **options,
        )
    except Exception as error:  # noqa: BLE001 - of the program, or it cannot take that
        count = executions if _is_the_programs(error) else 0
        return result(found=count or None, schedules=count, began=began, text=repr(error))
    failed = found.property_holds is False
    in_time = found.num_explored < schedules and time.perf_counter() - began < limit
    return result(
        found=found.num_explored if failed else None,
        schedules=found.num_explored,
        began=began,
        text=str(found.explanation or found.inconclusive_reason or ""),
        complete=strategy == "dpor" and found.property_holds is True and in_time,
    )


def _is_the_programs(error: BaseException) -> bool:
    """Was an exception raised by a classic itself?"""
    last = list(traceback.walk_tb(error.__traceback__))[-1][0]
    return Path(last.f_code.co_filename).parent == CLASSICS / "classics"


def by_interleave_test(
    strategy: str, name: str, which: str, schedules: int, limit: float, seed: int
) -> dict[str, Any]:
    """interleave-test 0.1.0, in portions, since it has no limit of its own."""
    import interleave_test  # type: ignore[import-not-found,unused-ignore]  # only where it is compared

    test = program(name, which)
    done, portion = 0, 100
    began = time.perf_counter()
    while done < schedules and time.perf_counter() - began < limit:
        found = interleave_test.explore(
            test,
            iterations=min(portion, schedules - done),
            seed=seed * 1_000_000 + done,
            strategy=strategy,
            raise_on_failure=False,
            include=[str(CLASSICS / "classics")],
        )
        if found.failure is not None:
            number = done + found.failure.iteration + 1
            text = f"{found.failure.kind}: {found.failure.exception!r}"
            return result(found=number, schedules=number, began=began, text=text)
        done += found.schedules_run
    return result(found=None, schedules=done, began=began)


def by_stress(name: str, which: str, limit: float) -> dict[str, Any]:
    """Without any control, as `--strategy stress`; a trial that does not end is a deadlock."""
    from ungil.races.schedule import Exploration, Stress

    stress = Stress(program(name, which))
    ended: list[Exploration] = []
    trials = 0

    def done(count: int) -> None:
        nonlocal trials
        trials = count

    def run() -> None:
        ended.append(stress.run(sys.maxsize, limit, done))

    began = last = time.perf_counter()
    seen = 0
    threading.Thread(target=run, daemon=True).start()
    while not ended:
        time.sleep(0.01)
        if trials != seen:
            seen, last = trials, time.perf_counter()
        elif time.perf_counter() - last > DEADLOCK:
            ended.append(stress.hung())
            began += DEADLOCK  # which shows only that it does not end
    count, failure = ended[0].executions, ended[0].failure
    found, text = (None, "") if failure is None else (count, failure.text)
    return result(found=found, schedules=count, began=began, text=text)


DEADLOCK = 2.0
"""A trial that takes so many seconds does not end."""


def main() -> None:
    """Look, and print."""
    tool, name, which, schedules, limit = *sys.argv[1:4], int(sys.argv[4]), float(sys.argv[5])
    seeds = [int(one) for one in sys.argv[6:]]
    family, _, strategy = tool.rpartition("-")
    if family == "ungil":
        found = by_ungil(strategy, name, which, schedules, limit, seeds)
    elif family == "frontrun":
        found = [by_frontrun(strategy, name, which, schedules, limit, one) for one in seeds]
    elif family == "interleave-test":
        found = [by_interleave_test(strategy, name, which, schedules, limit, one) for one in seeds]
    else:
        found = [by_stress(name, which, limit)]
    print(json.dumps(found), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
