"""One task from the first sample to what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ungil.bench.advice import advise
from ungil.bench.asking import bench
from ungil.bench.choice import MANY, SURE, mostly_waits
from ungil.bench.concluding import conclude
from ungil.bench.diagnose import explain
from ungil.bench.model import ARMS, Build, Machine, Measured, Result, Task
from ungil.bench.profile import profiles
from ungil.bench.rounds import cells, measure, worker_counts
from ungil.bench.yardstick import yardsticks

__all__ = ["QUICK_ROUNDS", "ROUNDS", "Plan", "carry_out"]

ROUNDS, QUICK_ROUNDS = 7, 3


@dataclass(frozen=True, slots=True)
class Plan:
    """How tasks are measured, and what is wanted to know.

    Attributes:
        arms: Beside serial, some of `model.ARMS`; all if there is none.
        workers: How many; powers of two up to the processors if there is none.
        rounds: How often each is measured; 0 for what is usual.
        limit: Seconds for each sample.
        quick: Are fewer rounds usual?
        diagnose: Is it asked why threads do not scale?
        advise: Is it asked which kind of parallelism to use?
    """

    arms: Sequence[str] = ()
    workers: tuple[int, ...] = ()
    rounds: int = 0
    limit: float = 60.0
    quick: bool = False
    diagnose: bool = False
    advise: bool = False


def carry_out(
    task: Task,
    builds: Sequence[Build],
    machine: Machine,
    plan: Plan,
    progress: Callable[[str, int, int], None],
) -> Result:
    """Measure a task, and say of it what can be said.

    Args:
        task: What is done.
        builds: What runs it.
        machine: Where.
        plan: How.
        progress: Told what is done, how much of it was, and of how much.

    Raises:
        OSError: An interpreter cannot be started, or there is no room.
    """
    rounds = plan.rounds or (QUICK_ROUNDS if plan.quick else ROUNDS)
    if plan.advise and not plan.rounds:
        rounds = max(rounds, SURE)
    arms = () if task.script is not None else plan.arms or ARMS
    within = max(1, int(machine.usable))
    workers = plan.workers or worker_counts(within)
    with bench(task, plan.limit) as where:
        known = profiles(where, builds, progress) if plan.advise else {}
        if mostly_waits(known) and not plan.workers:
            workers = (*workers, MANY)
        wanted = list(cells(builds, arms, workers))
        with yardsticks([one for one in workers if one <= within]) as machines_own:
            series = measure(where, builds, wanted, rounds, machines_own.take, progress)
            taken = list(machines_own.taken.values())
        most = max((one for one in workers if one <= within), default=1)
        found, notes = explain(where, builds, most, progress) if plan.diagnose else ((), ())
    result = conclude(Measured(task, tuple(builds), rounds, tuple(series)), machine, taken)
    result = replace(result, findings=(*result.findings, *found), notes=(*result.notes, *notes))
    return replace(result, advice=advise(result, known)) if plan.advise else result
