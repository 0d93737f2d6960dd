"""A result in words and rows: what all formats for people have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ungil.bench.estimates import Estimate, estimate, outliers
from ungil.bench.model import Comparison, Machine, Point, Result, Scaling, Series
from ungil.findings import Finding

__all__ = [
    "COLUMNS",
    "Row",
    "about",
    "caption",
    "costs",
    "described",
    "found",
    "missing",
    "outlying",
    "plural",
    "rows",
    "scaled",
    "seconds",
    "size",
    "times",
    "unclear",
    "without",
]

COLUMNS = (
    "build",
    "arm",
    "workers",
    "time",
    "speedup",
    "over the GIL",
    "efficiency",
    "limit",
    "CPU",
    "memory",
    "",
)
"""Of the table with all cells; `about` explains them."""

_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table.

    Attributes:
        cells: One for each of `COLUMNS`.
        verdict: As in `Comparison`; empty for serial, and where there is no sample.
    """

    cells: tuple[str, ...]
    verdict: str = ""


def described(machine: Machine) -> Iterator[tuple[str, str]]:
    """What the machine is: label and value."""

    def known(value: object, form: str = "{}") -> str:
        return _UNKNOWN if value in {None, ""} else form.format(value)

    usable = "one" if machine.usable == 1 else f"{machine.usable:g}"
    of = known(machine.processors, "{}")
    yield "processor", known(machine.model)
    yield "processors", f"{usable} of {of} may be used"
    yield "affinity", known(machine.affinity, "{} processors")
    quota = "none" if machine.cgroup and machine.quota is None else known(machine.quota, "{:g}")
    yield "share of time", quota if quota in {"none", _UNKNOWN} else f"{quota} processors"
    groups = f"cgroup {machine.cgroup}" if machine.cgroup else _UNKNOWN
    yield "control group", groups + (f", cpuset {machine.cpuset}" if machine.cpuset else "")
    yield "governor", known(machine.governor)
    yield "turbo", {None: _UNKNOWN, True: "on", False: "off"}[machine.turbo]
    yield "load", ", ".join(f"{one:.2f}" for one in machine.load) or _UNKNOWN
    yield "memory", _UNKNOWN if machine.memory is None else size(machine.memory)
    yield "system", known(machine.system)
    yield "container", machine.container or "none that tells"


def about(result: Result) -> Iterator[str]:
    """What the columns of the table are."""
    yield "speedup: over serial on the same build"
    if any(_over_gil(result, series) for series in result.measured.series):
        yield "over the GIL: over serial on the GIL-enabled build of the same series"
    yield "efficiency: the speedup of each worker"
    yield "limit: the speedup of as many processes that share nothing"
    yield "CPU: processor time over that of one worker"
    yield "memory: of all workers, what they share counted once"


def caption(result: Result) -> str:
    """How the figures are meant."""
    rounds = result.measured.rounds
    if rounds == 1:
        return "Of one round, which does not tell how sure the figures are."
    sure = estimate([0.0] * rounds).confidence
    return (
        f"Medians of {plural(rounds, 'round')}, and between what the true ones are with "
        f"{sure:.0%} confidence."
    )


def rows(result: Result) -> Iterator[Row]:
    """Each cell that was measured, or should have been; not those that do not apply."""
    points = {
        (one.build, one.arm, point.workers): point for one in result.scaling for point in one.points
    }
    for series in result.measured.series:
        if series.kind == "arm":
            continue
        cell = series.cell
        point = points.get((cell.build, cell.arm, cell.workers))
        yield _row(result, series, point)


def _row(result: Result, series: Series, point: Point | None) -> Row:
    cell = series.cell
    crowded = cell.workers > max(1.0, result.machine.usable)
    head = (cell.build, cell.arm, f"{cell.workers}{' oversubscribed' if crowded else ''}")
    if not series.samples:
        return Row((*head, *[""] * (len(COLUMNS) - 4), "not measured"))
    own = _with_serial(result, series)
    memory = point.memory if point is not None else _memory(series)
    verdict = own.verdict if own is not None else ""
    return Row(
        (
            *head,
            seconds(estimate([sample.wall for sample in series.samples])),
            times(own.times) if own is not None else "",
            times(_over_gil(result, series)),
            f"{point.efficiency.value:.0%}" if point is not None and point.efficiency else "",
            f"{point.limit.value:.2f}" if point is not None and point.limit else "",
            f"{point.inflation.value:.2f}" if point is not None and point.inflation else "",
            size(memory.value) if memory is not None else "",
            verdict,
        ),
        verdict,
    )


def _with_serial(result: Result, series: Series) -> Comparison | None:
    for one in result.comparisons:
        if one.cell == series.cell and one.other.build == one.cell.build:
            return one
    return None


def _over_gil(result: Result, series: Series) -> Estimate | None:
    free = {build.label: build.free_threaded for build in result.measured.builds}
    for one in result.comparisons:
        if one.cell == series.cell and free[one.cell.build] and not free[one.other.build]:
            return one.times
    return None


def _memory(series: Series) -> Estimate | None:
    known = [float(one.memory) for one in series.samples if one.memory is not None]
    return estimate(known) if known else None


def unclear(result: Result) -> Iterator[str]:
    """What nothing is said about, by the reason; refusals of everything are not repeated."""
    reasons: dict[str, list[str]] = {}
    for one in result.comparisons:
        told = one.cell.arm == one.other.arm  # by `costs`
        if one.reason and one.reason not in result.refusals and not told:
            pair = f"{one.cell}" if _in_table(one) else f"{one.cell} over {one.other}"
            reasons.setdefault(one.reason, []).append(pair)
    return _grouped(reasons)


def _in_table(one: Comparison) -> bool:
    return one.cell.build == one.other.build


def costs(result: Result) -> Iterator[str]:
    """What one thread pays, from build to build."""
    for one in result.comparisons:
        if one.cell.arm == one.other.arm == "serial":
            longer = Estimate(
                1 / one.times.value,
                1 / one.times.high,
                1 / one.times.low,
                one.times.confidence,
                one.times.samples,
            )
            doubt = f" ({one.reason})" if one.reason and one.reason not in result.refusals else ""
            yield (
                f"{one.cell.build} takes {times(longer)} times as long as {one.other.build}{doubt}"
            )


def scaled(result: Result) -> Iterator[str]:
    """How each build and arm scales; one that nothing is told about only with the reason."""
    told = [f"{one.build} {one.arm}: {said}" for one in result.scaling if (said := _scales(one))]
    yield from told
    without_law: dict[str, list[str]] = {}
    for one in result.scaling:
        if one.reason and one.reason not in result.refusals:
            without_law.setdefault(one.reason, []).append(f"{one.build} {one.arm}")
    for reason, names in without_law.items():
        yield f"no law is fitted to {', '.join(names)}: {reason}"
    if told:
        yield (
            "serial fraction: by Karp & Flatt, of the most workers within the processors; "
            "contention and coherency: by the universal scalability law, and how far it is off"
        )


def _scales(one: Scaling) -> str:
    parts = []
    if one.serial_fraction is not None:
        parts.append(f"serial fraction {_share(one.serial_fraction)}")
    if one.law is not None:
        law = one.law
        parts.append(f"contention {_share(law.sigma)}, coherency {_share(law.kappa)}")
        parts.append(f"off by {law.error:.1%} at most")
        if law.peak is not None:
            parts.append(f"fastest with about {plural(round(law.peak), 'worker')}")
    return ", ".join(parts)


def _share(of: Estimate) -> str:
    return f"{of.value:.2g} ({of.low:.2g}–{of.high:.2g})"


def outlying(result: Result) -> Iterator[str]:
    """Samples that are far from the others of their cell. They count like all."""
    for series in result.measured.series:
        walls = [sample.wall for sample in series.samples]
        for at in outliers(walls):
            yield f"{series.cell}: {_exact(walls[at])} in round {at + 1}"


def missing(result: Result) -> Iterator[str]:
    """Cells that were not measured in all rounds though they apply, by the reason."""
    reasons: dict[str, list[str]] = {}
    for series in result.measured.series:
        if series.problem and series.kind != "arm":
            rounds = len(series.samples)
            after = f" after {plural(rounds, 'round')}" if rounds else ""
            reasons.setdefault(series.problem, []).append(f"{series.cell}{after}")
    return _grouped(reasons)


def without(result: Result) -> Iterator[str]:
    """Arms that do not apply, by the reason."""
    reasons: dict[str, list[str]] = {}
    for series in result.measured.series:
        name = f"{series.cell.build} {series.cell.arm}"
        if series.kind == "arm" and name not in reasons.setdefault(series.problem, []):
            reasons[series.problem].append(name)
    return _grouped(reasons)


def _grouped(reasons: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for reason, names in reasons.items():
        yield f"{', '.join(names)}: {reason}"


def found(finding: Finding) -> Iterator[str]:
    """A finding in lines: what, how it came to it, and what to do."""
    where = f"{finding.location}: " if finding.location is not None else ""
    yield f"{finding.rule.code} {finding.rule.name}: {where}{finding.subject}"
    yield finding.message
    yield from map(str, finding.steps)
    if finding.remedy:
        yield finding.remedy


def seconds(of: Estimate) -> str:
    """A time and its interval, in one unit."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if of.value * factor >= 0.1 or unit == "µs":
            value, low, high = (_rounded(one * factor) for one in (of.value, of.low, of.high))
            return f"{value} {unit} ({low}–{high})"
    raise AssertionError  # the last unit is for all others


def _exact(wall: float) -> str:
    return f"{_rounded(wall)} s" if wall >= 0.1 else f"{_rounded(wall * 1e3)} ms"


def _rounded(value: float) -> str:
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 3 if value < 1 else 2}f}"


def times(of: Estimate | None) -> str:
    """A ratio and its interval; empty for none."""
    return f"{of.value:.2f} ({of.low:.2f}–{of.high:.2f})" if of is not None else ""


def size(of: float) -> str:
    """Bytes."""
    mebibytes = of / (1 << 20)
    return f"{mebibytes / 1024:.1f} GiB" if mebibytes >= 10240 else f"{mebibytes:.0f} MiB"


def plural(count: int, what: str) -> str:
    """E.g. `1 round`, `2 rounds`."""
    return f"{count} {what}{'s' if count != 1 else ''}"
