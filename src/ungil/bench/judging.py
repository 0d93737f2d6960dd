"""What the samples say beside their times: failures, other results, and the GIL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ungil.bench.model import Cell, Measured, Sample, Series
from ungil.findings import Evidence, Finding, printable
from ungil.rules import RESULTS_DIFFER

__all__ = ["exit_status", "findings", "notes", "nothing"]


def findings(measured: Measured) -> Iterator[Finding]:
    """Arms whose results are not those of serial, on builds where serial's are always the same."""
    by_arm: dict[str, list[Series]] = {}
    for series in measured.series:
        other = any(sample.wrong for sample in series.samples)
        if other and series.cell.arm != "serial" and _steady(measured, series.cell):
            by_arm.setdefault(series.cell.arm, []).append(series)
    name = printable(measured.task.name)
    for arm, several in by_arm.items():
        wrong = [sample.wrong for series in several for sample in series.samples if sample.wrong]
        yield Finding(
            RESULTS_DIFFER,
            name,
            f"Other results than in serial came of {', '.join(_how(one.cell) for one in several)}: "
            f"{printable(wrong[0])}.",
            _REMEDIES[arm].format(printable(measured.task.function)),
            evidence=Evidence.TESTED,
            count=len(wrong),
        )


def notes(measured: Measured) -> Iterator[str]:
    """Sentences about what else a person should know of the samples."""
    uncompared = []
    for build in measured.builds:
        series = [one for one in measured.series if one.cell.build == build.label]
        samples = [sample for one in series for sample in one.samples]
        if build.off:
            yield from _switched(build.label, samples)
        if any(sample.wrong for sample in samples):
            yield from _unsteady(measured, build.label, samples)
        elif measured.task.script is None and any(not sample.compared for sample in samples):
            uncompared.append(build.label)
    if uncompared:
        yield (
            f"On {', '.join(uncompared)} the results could not be compared with those of serial: "
            "they cannot be pickled. A --check can tell whether they are right."
        )
    yield from _failures(measured)


def nothing(measured: Measured) -> str:
    """Why nothing was done at all; empty if something was."""
    samples = [sample for series in measured.series for sample in series.samples]
    if any(sample.failed < sample.items for sample in samples):
        return ""
    if samples:
        return f"everything failed; the first: {samples[0].failure}"
    reasons: dict[str, list[str]] = {}
    for series in measured.series:
        builds = reasons.setdefault(series.problem, [])
        if series.cell.build not in builds:
            builds.append(series.cell.build)
    return "; ".join(
        reason if len(reasons) == 1 else f"{', '.join(builds)}: {reason}"
        for reason, builds in reasons.items()
    )


def exit_status(results: Sequence[Measured]) -> int:
    """What `ungil bench` ends with.

    Returns:
        0; 1 if results are wrong or differ; where nothing was measured 2 if it is not there, or
        3 if it could not be.
    """
    if any(any(findings(one)) or _check_failed(one) for one in results):
        return 1
    if not all(nothing(one) for one in results):
        return 0
    kinds = {series.kind for one in results for series in one.series}
    return 2 if kinds <= {"task", "arm"} else 3


_REMEDIES = {
    "threads": "That is how a race looks. Let `ungil race {}` show where it is.",
    "asyncio": "Between two `await`s others run: look for what they have in common.",
    "processes": (
        "Each process has its own copy of what is global: hand over what is needed in the items, "
        "and return what was computed."
    ),
    "interpreters": (
        "Each interpreter has its own copy of what is global: hand over what is needed in the "
        "items, and return what was computed."
    ),
}


def _how(cell: Cell) -> str:
    return f"{cell.workers} {cell.arm} on {cell.build}" if cell.arm in _MANY else str(cell)


_MANY = ("threads", "processes", "interpreters")


def _steady(measured: Measured, cell: Cell) -> bool | None:
    """Are serial's results on its build always the same? None if it ran but once."""
    serial = measured.of(cell.build, "serial")
    if serial is None or any(sample.wrong for sample in serial.samples):
        return False
    return True if len(serial.samples) > 1 else None


def _check_failed(measured: Measured) -> bool:
    return any(sample.check_failed for series in measured.series for sample in series.samples)


def _switched(build: str, samples: Sequence[Sample]) -> Iterator[str]:
    on = [sample for sample in samples if sample.gil]
    if on:
        what = next((one.switch for one in on if one.switch), "by what could not be seen")
        yield (
            f"On {build} the GIL came on, so that it was measured with it: {printable(what)}. "
            "With PYTHON_GIL=0 it stays off, at your own risk."
        )


def _unsteady(measured: Measured, build: str, samples: Sequence[Sample]) -> Iterator[str]:
    """Why other results are no finding; nothing if they are one."""
    steady = _steady(measured, Cell(build, "serial", 1))
    wrong = printable(next(sample.wrong for sample in samples if sample.wrong))
    if steady is False:
        yield (
            f"On {build} the results are not right, or not the same, even in serial, so that "
            f"other arms' say nothing: {wrong}."
        )
    elif steady is None:
        yield (
            f"On {build} not all results are those of serial ({wrong}). Whether serial's are "
            "always the same, one round does not tell; measure several."
        )


def _failures(measured: Measured) -> Iterator[str]:
    """One sentence for each failure, and who met it."""
    told: dict[tuple[int, str], list[str]] = {}
    items = 0
    for series in measured.series:
        for sample in series.samples:
            items = max(items, sample.items)
            if sample.failed:
                cells = told.setdefault((sample.failed, sample.failure), [])
                if str(series.cell) not in cells:
                    cells.append(str(series.cell))
    wanted = sum(bool(series.samples) for series in measured.series)
    for (failed, failure), cells in told.items():
        where = "" if len(cells) == wanted else f" ({', '.join(cells)})"
        if measured.task.script is not None:
            yield f"The script failed{where}: {printable(failure)}."
        else:
            yield f"{failed} of {items} items failed{where}; the first: {printable(failure)}."
