"""A conclusion in sentences: what to do, and which figures say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median

from ungil.bench.choice import Choice, Rival, choose
from ungil.bench.estimates import estimate, ratio
from ungil.bench.model import Advice, Result, Series
from ungil.bench.phrases import are, named, short
from ungil.bench.profile import Profile
from ungil.bench.unless import unless
from ungil.bench.words import plural, seconds, size, times

__all__ = ["advise"]

_TELLING = 0.05
"""Shares and differences below are not worth a sentence."""

_LONG = 0.1
"""A longest item with this share of the time keeps more than ten workers from being used."""


def advise(result: Result, profiles: Mapping[str, Profile]) -> Advice:
    """Say which kind of parallelism to use.

    Args:
        result: What was measured, of all arms on all builds.
        profiles: What the task is like, by the label of the build; may be empty.

    Returns:
        The advice; see `choose` for how it comes about.
    """
    made = choose(result, profiles)
    return Advice(
        _answer(made),
        tuple(_reasons(result, profiles, made)),
        tuple(unless(result, profiles, made)),
        made.kind,
        made.chosen.cell if made.chosen is not None else None,
    )


def _answer(made: Choice) -> str:
    chosen = made.chosen
    if made.kind == "contention" and chosen is not None:
        return f"first fix this contention: {named(chosen.cell)} hold each other up"
    if chosen is not None:
        kind = made.kind
        if kind == "threads":
            kind = f"threads on a {'free-threaded' if chosen.build.off else 'GIL-enabled'} build"
        return f"{kind}: {named(chosen.cell)}, {times(chosen.gain)} times as fast as in serial"
    if made.kind == "native":
        return "leave it to the native library"
    start = {"serial": "stay serial", "unknown": "could not be concluded"}[made.kind]
    return f"{start}: {made.why}"


def _reasons(result: Result, profiles: Mapping[str, Profile], made: Choice) -> Iterator[str]:
    """What was measured."""
    if made.kind == "unknown":
        yield from result.refusals[1:]  # the first is the answer
    serial = made.serial
    if serial is not None:
        yield (
            f"in serial on {serial.cell.build} it takes {seconds(estimate(serial.walls))} for "
            f"{plural(serial.samples[0].items, 'item')}, in {plural(len(serial.samples), 'round')}"
        )
        yield from _compared(made)
        yield from _cost_of_build(result, serial)
    yield from _fallen_away(result)
    yield from _native(made)
    yield from _described(profiles)
    if serial is not None:
        yield from _memory(serial, made)


def _compared(made: Choice) -> Iterator[str]:
    """The best of each arm on each build, against serial; the chosen one first."""
    best: dict[tuple[str, str], Rival] = {}
    for one in made.rivals:
        key = (one.cell.build, one.cell.arm)
        if key not in best or one.gain.value > best[key].gain.value:
            best[key] = one
    chosen = made.chosen
    if chosen is not None:
        best[chosen.cell.build, chosen.cell.arm] = chosen
    for one in sorted(best.values(), key=lambda one: (one is not chosen, one.simplicity)):
        said = f"{named(one.cell)}: {times(one.gain)} times as fast as that"
        if one.gain.value - one.once.value > _TELLING * one.gain.value:
            said += f"; {times(one.once)} with the start of the workers"
        if not one.series.samples[0].compared:
            said += "; its results could not be compared"
        yield said
    if chosen is not None and made.ties:
        names = ", ".join(named(one.cell) for one in made.ties)
        yield (
            f"a tie, as far as can be told: {names}; {named(chosen.cell)} "
            f"{are(chosen.cell)} the simplest"
        )
    held_up = made.contended
    if held_up is not None:
        own = [one.cpu for one in held_up.series.samples if one.cpu is not None]
        yield (
            f"{named(held_up.cell)} hold each other up: they take "
            f"{seconds(estimate(own))} of processor time in "
            f"{seconds(estimate(held_up.series.walls))}"
        )


def _cost_of_build(result: Result, serial: Series) -> Iterator[str]:
    for build in result.measured.builds:
        own = result.measured.of(build.label, "serial")
        if (
            build.off
            and own is not None
            and own is not serial
            and len(own.samples) == len(serial.samples)
        ):
            cost = ratio(own.walls, serial.walls)
            yield (
                f"in serial {build.label} takes {times(cost)} times as long as {serial.cell.build}"
            )


def _fallen_away(result: Result) -> Iterator[str]:
    """Who did not do the work, or did it wrong; once for each reason."""
    reasons: dict[str, dict[str, None]] = {}
    for one in result.measured.series:
        wrong = next((sample.wrong for sample in one.samples if sample.wrong), "")
        text = one.problem or (wrong and f"results are not those in serial: {wrong}")
        if text and one.kind != "arm":
            reasons.setdefault(text, {})[f"{one.cell.arm} on {one.cell.build}"] = None
    for text, names in reasons.items():
        yield f"{', '.join(names)} fell away: {text}"


def _native(made: Choice) -> Iterator[str]:
    if made.kind != "native" or made.serial is None:
        return
    known = [one.cpu / one.wall for one in made.serial.samples if one.cpu is not None]
    if known:
        yield f"in serial it uses {times(estimate(known))} processors"


def _described(profiles: Mapping[str, Profile]) -> Iterator[str]:
    """What the task is like; of each, from the build that can tell it."""
    yield from _under_gil(profiles)
    if not profiles:
        return
    label, one = next(iter(profiles.items()))
    if one.waiting > _TELLING:
        yield f"for {one.waiting:.0%} of the time it waits ({label}, one pass)"
    if one.unsendable:
        yield f"it cannot be sent to another process: {one.unsendable}"
    elif one.wall:
        sent = one.given.bytes + one.results.bytes
        much = size(sent) if sent >= 2**20 else f"{sent / 1024:.1f} KiB"
        yield (
            f"to pickle what is sent ({much}) takes {one.sending / one.wall:.2g} of the "
            f"time in serial ({label}, one pass)"
        )
    if one.items > 1:
        least = one.longest > _LONG
        most = (
            f", so that nothing is more than {1 / one.longest:.1f} times as fast" if least else ""
        )
        yield (
            f"an item takes {short(one.mean)} on average, with a standard deviation of "
            f"{one.variation:.0%}; the longest takes {one.longest:.1%} of all ({label}, one pass)"
            f"{most}"
        )
    for label, one in profiles.items():
        if one.switch:
            yield f"on {label} the GIL was switched on: {one.switch}"


def _under_gil(profiles: Mapping[str, Profile]) -> Iterator[str]:
    """From the first build that tells; who hardly uses a processor holds nothing to speak of."""
    with_gil = {
        key: one for key, one in profiles.items() if one.gil and one.waiting <= 1 - _TELLING
    }
    for label, one in with_gil.items():
        share = one.under_gil
        if share is not None:
            yield (
                f"of its processor time {share.value:.0%} holds the GIL "
                f"({share.low:.0%}–{share.high:.0%}; {label}, {share.samples} looks)"
            )
            return
    for label, one in with_gil.items():
        why = one.untold or "there were too few looks"
        yield f"how much of it holds the GIL is not known: {why} ({label})"
        return


def _memory(serial: Series, made: Choice) -> Iterator[str]:
    said = []
    for arm in ("threads", "processes", "interpreters"):
        some = [one for one in made.rivals if one.cell.arm == arm]
        if some:
            most = max(some, key=lambda one: one.cell.workers)
            said += _bytes(named(most.cell), most.series)
    alone = _bytes("in serial it takes", serial)
    if said and alone:
        yield f"{', '.join([*alone, *said])} of memory"


def _bytes(name: str, series: Series) -> list[str]:
    known = [float(one.memory) for one in series.samples if one.memory is not None]
    return [f"{name} {size(median(known))}"] if known else []
