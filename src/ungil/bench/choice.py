"""Which kind of parallelism to use: from what was measured, and nothing else.

An arm is advised only if it did all the work with the results of serial, and was more than a
tenth faster than serial, surely: the whole interval of the paired ratios lies beyond. Among
those that are not surely slower than another the simplest is advised. `advice` says why, and
what would change it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

from ungil.bench.estimates import CONFIDENCE, Estimate, estimate, ratio
from ungil.bench.model import ARMS, Build, Cell, Result, Series
from ungil.bench.profile import Profile

__all__ = ["MANY", "SURE", "WORTH", "Choice", "Rival", "choose", "mostly_waits"]

WORTH = 1.1
"""How many times as fast something has to be; less is not worth another way of working."""

MANY = 32
"""Workers that are worth trying if most of the time is spent waiting."""

SURE = 6
"""Rounds; with fewer no interval is sure."""

_MORE = 1.25
"""How many times as much processor time is more than the two threads of a core may cost."""

_TWICE = 2.0
"""Likewise, where there are no processes to compare with."""

_IDLE = 0.7
"""The share of the workers' time in which they are busy; less, and they wait for each other."""

_HALF = 0.5
"""More than that is most of it."""

_SHORTEST = 0.02
"""Seconds. Starting workers takes as long."""


@dataclass(frozen=True, slots=True)
class Rival:
    """An arm that did the work, against serial.

    Attributes:
        build: What ran it.
        series: Its samples.
        gain: How many times as fast as serial.
        once: Likewise, if its workers are started for this work alone.
    """

    build: Build
    series: Series
    gain: Estimate
    once: Estimate

    @property
    def cell(self) -> Cell:
        """Which."""
        return self.series.cell

    @property
    def ready(self) -> bool:
        """Is it surely worth it, if its workers are there?"""
        return _surely(self.gain)

    @property
    def wins(self) -> bool:
        """Is it surely worth it, with the start of its workers?"""
        return _surely(self.gain) and _surely(self.once)

    @property
    def may_win(self) -> bool:
        """Could it be, as far as was measured?"""
        unsure = self.gain.confidence < CONFIDENCE
        return not self.wins and (unsure or min(self.gain.high, self.once.high) > WORTH)

    @property
    def simplicity(self) -> tuple[int, bool, int]:
        """Less is simpler. Another build is a change, too."""
        return ARMS.index(self.cell.arm), self.build.free_threaded, self.cell.workers


@dataclass(frozen=True, slots=True)
class Choice:
    """What follows from what was measured.

    Attributes:
        kind: One of `model.ARMS`; or `native` (leave it to the native library), `contention`
            (first mend that), or `unknown`.
        why: For `serial` and `unknown` the reason, in half a sentence.
        serial: What all is compared with; None if nothing can be.
        chosen: The rival that was chosen, or the one with the contention.
        ties: Those that are as fast as it, as far as can be told.
        rivals: All that did the work, the simplest first.
        contended: Threads that are held up by each other.
    """

    kind: str
    why: str = ""
    serial: Series | None = None
    chosen: Rival | None = None
    ties: tuple[Rival, ...] = ()
    rivals: tuple[Rival, ...] = ()
    contended: Rival | None = None


def choose(result: Result, profiles: Mapping[str, Profile]) -> Choice:
    """Say which kind of parallelism to use.

    Args:
        result: What was measured, of all arms on all builds.
        profiles: What the task is like, by the label of the build; may be empty.

    Returns:
        "Could not be concluded" is a choice, too.
    """
    serials = [one for one in result.measured.series if one.cell.arm == "serial"]
    usable = [one for one in serials if _right(one) and not _fails(one)]
    if not usable:
        problems = [
            one.problem or _wrong(one) or _fails(one) or "nothing was measured" for one in serials
        ]
        return Choice("unknown", problems[0] if problems else "nothing was measured")
    serial = _baseline(result, usable)
    rivals = tuple(sorted(_rivals(result, serial, profiles), key=lambda one: one.simplicity))
    # What is only about a second processor comes last, and does not concern who waits.
    if len(result.refusals) > (result.machine.usable < 2):
        return Choice("unknown", result.refusals[0], serial, rivals=rivals)
    contended = _contended(result, rivals, profiles)
    winners = [one for one in rivals if one.wins and _faster_than_all(one, usable)]
    if winners:
        return _won(serial, rivals, winners, contended)
    if contended is not None:
        return Choice("contention", "", serial, contended, rivals=rivals, contended=contended)
    return _lost(result, serial, rivals, profiles)


def mostly_waits(profiles: Mapping[str, Profile]) -> bool:
    """Does it wait most of the time, rather than compute?"""
    return bool(profiles) and median(one.waiting for one in profiles.values()) > _HALF


def _won(
    serial: Series, rivals: tuple[Rival, ...], winners: Sequence[Rival], contended: Rival | None
) -> Choice:
    tied = [one for one in winners if not any(_slower(one, other) for other in winners)]
    # Of three each may be slower than the next, if chance has it so.
    tied = tied or [min(winners, key=lambda one: median(_totals(one.series)))]
    chosen = min(tied, key=lambda one: one.simplicity)
    ties = tuple(one for one in tied if one is not chosen)
    # It wins, and could win much more.
    held_up = chosen is contended and chosen.gain.high < chosen.cell.workers * _HALF
    kind = "contention" if held_up else chosen.cell.arm
    return Choice(kind, "", serial, chosen, ties, rivals, contended)


def _lost(
    result: Result, serial: Series, rivals: tuple[Rival, ...], profiles: Mapping[str, Profile]
) -> Choice:
    """Nothing wins surely. Is that because nothing can, or because we do not know?"""
    may = [one for one in rivals if one.may_win]
    unsure = any(one.gain.confidence < CONFIDENCE for one in may)
    hidden = f"noise hides what is won by {', '.join(str(one.cell) for one in may)}"
    busy = _busy(serial)
    parallel = busy is not None and busy.low > _MORE
    full = busy is not None and busy.low > _IDLE * result.machine.usable
    shares = [one.under_gil for one in profiles.values() if one.under_gil is not None]
    outside = bool(shares) and all(one.high < _HALF for one in shares)
    cases = (
        (serial.samples[0].items == 1, "serial", "it is one item, which cannot be divided"),
        (estimate(serial.walls).high < _SHORTEST, "serial", "it is too small"),
        (bool(result.refusals), "unknown", "".join(result.refusals[-1:])),
        (not rivals, "unknown", "nothing else could be compared with serial"),
        (unsure, "unknown", "there were too few rounds"),
        (parallel and (full or not may), "native", ""),
        (bool(may), "unknown", hidden),
        (
            any(one.ready for one in rivals),
            "serial",
            "to start workers takes as long as they save",
        ),
        (outside and not mostly_waits(profiles), "native", ""),
        (True, "serial", "nothing else is worth it"),
    )
    kind, why = next((kind, why) for holds, kind, why in cases if holds)
    return Choice(kind, why, serial, rivals=rivals)


def _baseline(result: Result, usable: Sequence[Series]) -> Series:
    """The fastest in serial; of the builds that people have, where that can be."""
    free = {one.label: one.free_threaded for one in result.measured.builds}
    return min(
        usable,
        key=lambda one: (free[one.cell.build], median(sample.wall for sample in one.samples)),
    )


def _rivals(result: Result, serial: Series, profiles: Mapping[str, Profile]) -> Iterator[Rival]:
    builds = {one.label: one for one in result.measured.builds}
    most = inf if mostly_waits(profiles) else max(1.0, result.machine.usable)
    for one in result.measured.series:
        build = builds[one.cell.build]
        # Nobody is told to switch the GIL on by hand.
        forced = build.free_threaded and build.gil == "1"
        comparable = _right(one) and len(one.samples) == len(serial.samples)
        several = 1 < one.cell.workers <= most or one.cell.arm == "asyncio"
        if one.cell.arm != "serial" and comparable and several and not forced:
            yield Rival(
                build,
                one,
                ratio(serial.walls, one.walls),
                ratio(serial.walls, _totals(one)),
            )


def _contended(
    result: Result, rivals: Sequence[Rival], profiles: Mapping[str, Profile]
) -> Rival | None:
    """Threads without the GIL that take much more processor time than they need, or idle."""
    found = None
    for one in rivals:
        own = result.measured.of(one.cell.build, "serial")
        free = one.build.off and not any(sample.gil for sample in one.series.samples)
        if one.cell.arm == "threads" and one.cell.workers > 1 and free and own is not None:
            apart = result.measured.of(one.cell.build, "processes", one.cell.workers)
            if _held_up(one.series, own, apart, waits=mostly_waits(profiles)):
                found = one
    return found


def _held_up(threads: Series, serial: Series, apart: Series | None, *, waits: bool) -> bool:
    if waits or median(serial.walls) < _SHORTEST:
        return False
    apart = apart if apart is not None and _right(apart) else None
    other, times = (serial, _TWICE) if apart is None else (apart, _MORE)
    inflation = _of_cpu(threads, other)
    if inflation is not None and inflation.confidence >= CONFIDENCE and inflation.low > times:
        return True
    if apart is None:
        return False
    busy, theirs = _busy(threads), _busy(apart)
    workers = threads.cell.workers
    return (
        busy is not None
        and theirs is not None
        and busy.confidence >= CONFIDENCE
        and busy.high < _IDLE * workers <= theirs.low
    )


def _of_cpu(upper: Series, lower: Series) -> Estimate | None:
    pairs = [(one.cpu, other.cpu) for one, other in zip(upper.samples, lower.samples, strict=False)]
    known = [one / other for one, other in pairs if one is not None and other]
    return estimate(known) if known else None


def _busy(series: Series) -> Estimate | None:
    """How many processors it used."""
    known = [one.cpu / one.wall for one in series.samples if one.cpu is not None and one.wall]
    return estimate(known) if known else None


def _slower(one: Rival, other: Rival) -> bool:
    return ratio(_totals(one.series), _totals(other.series)).low > 1.0


def _faster_than_all(one: Rival, serials: Sequence[Series]) -> bool:
    return all(median(_totals(one.series)) < median(other.walls) for other in serials)


def _surely(gain: Estimate) -> bool:
    return gain.confidence >= CONFIDENCE and gain.low > WORTH


def _right(series: Series) -> bool:
    return bool(series.samples) and not series.problem and not _wrong(series)


def _wrong(series: Series) -> str:
    return next((f"its results are wrong: {one.wrong}" for one in series.samples if one.wrong), "")


def _fails(series: Series) -> str:
    """Why there is nothing to compare with, if all items fail."""
    one = series.samples[0] if series.samples else None
    return f"all items fail: {one.failure}" if one and one.failed == one.items else ""


def _totals(series: Series) -> list[float]:
    """Seconds with the start of the workers."""
    return [one.start + one.wall for one in series.samples]
