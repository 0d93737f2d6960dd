"""From samples to what may be said; plain data in, plain data out.

Figures are shown whatever happened. A statement about them (faster, slower, how it scales) is
made only where it is sure, and otherwise the reason for its absence is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ungil.bench.estimates import CONFIDENCE, estimate, ratio
from ungil.bench.judging import findings, notes
from ungil.bench.model import (
    Build,
    Comparison,
    Machine,
    Measured,
    Result,
    Series,
    Yardstick,
)
from ungil.bench.scaling import paired, scalings

__all__ = ["conclude"]

_QUIET = 0.85
"""Of the processors that they should have, what processes that share nothing must get."""

_STEADY = 0.25
"""How far the rate may change from round to round unmentioned, relative to its median."""

_SHORTEST = 0.02
"""Seconds; what is shorter is made of starts and of the clock's own irregularities."""


def conclude(measured: Measured, machine: Machine, yardsticks: Sequence[Yardstick]) -> Result:
    """Say of a task what can be said.

    Args:
        measured: The samples.
        machine: What measured them.
        yardsticks: What the machine gave in the same rounds; empty if that is not known.
    """
    unsettled = _unsettled(machine, yardsticks)
    alone = _alone(machine)
    comparisons = _comparisons(measured, machine, unsettled, alone)
    refusal = unsettled or alone
    return Result(
        measured,
        machine,
        tuple(yardsticks),
        tuple(filter(None, (unsettled, alone))),
        tuple(comparisons),
        tuple(scalings(measured, machine.usable, yardsticks, refusal)),
        tuple(findings(measured)),
        notes=(*_changing(machine, yardsticks), *notes(measured)),
    )


def _unsettled(machine: Machine, yardsticks: Sequence[Yardstick]) -> str:
    """Why nothing at all is concluded; empty if something is."""
    taken = _within(machine, yardsticks)
    if not taken:
        return "what the machine gives to processes that share nothing is not known"
    for one in taken:
        had, should = estimate(one.busy).value, min(one.workers, machine.usable)
        if had < _QUIET * should:
            return (
                f"the machine is busy: {_processes(one)} that shared nothing had {had:.2f} "
                f"processors instead of {should:g}"
            )
    return ""


def _changing(machine: Machine, yardsticks: Sequence[Yardstick]) -> Iterator[str]:
    """Does the machine's speed change from round to round?

    It refuses nothing: ratios are taken within a round, and what changes there as well makes
    their intervals wide. Rejected: a limit; on virtual machines, where the speed of a processor
    hangs on what others do on the other half of its core, nothing was ever concluded then,
    though some ratios are far beyond all that changes.
    """
    for one in _within(machine, yardsticks):
        rate = estimate(one.rate)
        if rate.high - rate.low > _STEADY * rate.value:
            yield (
                f"The machine's speed changes: the same work of {_processes(one)} was up to "
                f"{rate.high / rate.low:.2f} times as fast in one round as in another. So seconds "
                "of different rounds tell little; what is concluded rests on ratios within a round."
            )
            return


def _within(machine: Machine, yardsticks: Sequence[Yardstick]) -> list[Yardstick]:
    return [one for one in yardsticks if one.busy and one.workers <= max(1.0, machine.usable)]


def _processes(of: Yardstick) -> str:
    return "one process" if of.workers == 1 else f"{of.workers} processes"


def _alone(machine: Machine) -> str:
    """Why nothing is concluded about parallelism; empty if something is."""
    if machine.usable >= 2:
        return ""
    return f"there is no second processor ({machine.usable:g} may be used)"


def _comparisons(
    measured: Measured, machine: Machine, unsettled: str, alone: str
) -> Iterator[Comparison]:
    for one, other in _pairs(measured):
        if one.samples and other.samples:
            yield _compare(one, other, machine, unsettled, alone)


def _pairs(measured: Measured) -> Iterator[tuple[Series, Series]]:
    """What is of interest beside what."""
    serial = {one.cell.build: one for one in measured.series if one.cell.arm == "serial"}
    builds = {build.label: build for build in measured.builds}
    for one in measured.series:
        build = builds[one.cell.build]
        if one.cell.arm != "serial":
            yield one, serial[build.label]
        if build.free_threaded and (one.cell.arm == "serial" or build.off):
            # What the build costs, what the GIL costs, and what is won in spite of it.
            for other in _others(build, measured.builds):
                if one.cell.arm == "serial" or not other.free_threaded:
                    yield one, serial[other.label]


def _others(build: Build, builds: Sequence[Build]) -> Iterator[Build]:
    """Those with a GIL: the same program, and the GIL-enabled one of its series."""
    for other in builds:
        same = other.release.split(".")[:2] == build.release.split(".")[:2]
        near = other.program == build.program or (same and not other.free_threaded)
        if near and not other.off and other is not build:
            yield other


def _compare(
    one: Series, other: Series, machine: Machine, unsettled: str, alone: str
) -> Comparison:
    mine, its = paired(one, other)
    times = ratio(its, mine)
    workers = one.cell.workers
    shortest = min(estimate(mine).value, estimate(its).value)
    reason = ""
    if unsettled:
        reason = unsettled
    elif alone and workers > 1:
        reason = alone
    elif workers > max(1.0, machine.usable):
        reason = f"{workers} workers on {machine.usable:g} processors"
    elif any(sample.wrong for sample in one.samples):
        reason = "its results are not those in serial"
    elif shortest < _SHORTEST:
        reason = f"{shortest * 1e3:.2g} ms are too short to tell"
    elif times.confidence < CONFIDENCE:
        reason = f"{times.samples} rounds are too few to be sure; it takes six"
    elif not times.apart_from(1.0):
        reason = "it cannot be told from noise"
    verdict = "unclear" if reason else "faster" if times.value > 1 else "slower"
    return Comparison(one.cell, other.cell, times, verdict, reason)
