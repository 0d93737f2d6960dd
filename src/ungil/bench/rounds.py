"""Which combinations are measured, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ungil.bench.asking import Bench
from ungil.bench.model import Build, Cell, Outcome, Series

__all__ = ["cells", "measure", "worker_counts"]

Progress = Callable[[str, int, int], None]


def worker_counts(most: int) -> tuple[int, ...]:
    """1, 2, 4, … and as many as there may be."""
    powers = [2**exponent for exponent in range(most.bit_length()) if 2**exponent < most]
    return (*powers, most)


def cells(builds: Sequence[Build], arms: Sequence[str], workers: Sequence[int]) -> Iterator[Cell]:
    """All combinations; serial is always among them, first of each build.

    Args:
        builds: What runs them.
        arms: Which of `model.ARMS`.
        workers: How many, for those that may have several.
    """
    for build in builds:
        yield Cell(build.label, "serial", 1)
        for arm in arms:
            if arm == "asyncio":
                yield Cell(build.label, arm, 1)
            elif arm != "serial":
                yield from (Cell(build.label, arm, count) for count in workers)


def measure(
    bench: Bench,
    builds: Sequence[Build],
    wanted: Sequence[Cell],
    rounds: int,
    before: Callable[[], object],
    progress: Progress,
) -> list[Series]:
    """Measure each cell once a round.

    What drifts (a machine that gets warm, or busy) then meets all of them. Each round begins
    with another cell, so that none always follows the same one. What failed once is not tried
    again; where the very function cannot be had or does not end in serial, nothing of that
    build is.

    Args:
        bench: Where samples are taken.
        builds: Those of the cells.
        wanted: The cells.
        rounds: How often.
        before: Called at the beginning of each round.
        progress: Told what is measured, how many samples were, and of how many.

    Raises:
        OSError: An interpreter cannot be started, or there is no room.
    """
    by_label = {build.label: build for build in builds}
    series = {cell: Series(cell) for cell in wanted}
    for number in range(rounds):
        before()
        at = number * len(wanted) // rounds
        for done, cell in enumerate([*wanted[at:], *wanted[:at]]):
            one = series[cell]
            if not one.problem:
                total = rounds * len(wanted)
                progress("Measuring", number * len(wanted) + done, total)
                _add(series, one, bench.sample(by_label[cell.build], cell))
    return list(series.values())


def _add(series: dict[Cell, Series], one: Series, outcome: Outcome) -> None:
    if outcome.sample is not None:
        one.samples.append(outcome.sample)
        return
    fails = [one]
    if outcome.kind == "task" or one.cell.arm == "serial":
        fails = [other for other in series.values() if other.cell.build == one.cell.build]
    for other in fails:
        other.problem, other.kind = outcome.problem, outcome.kind
