"""What would change an advice.

What a machine or a build could do that was not measured is an upper bound by Amdahl's law
(G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing
capabilities", AFIPS 1967), and is called an estimate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median

from ungil.bench.choice import WORTH, Choice, Rival, mostly_waits
from ungil.bench.estimates import ratio
from ungil.bench.model import Result, Series
from ungil.bench.phrases import are, named, short
from ungil.bench.profile import Profile
from ungil.bench.words import times

__all__ = ["unless"]

_MANY = 1024
"""Processors; of more nobody asks."""

_SCALES = 1.05
"""How many times as fast threads have to be for what more of them would do to be guessed."""


def unless(result: Result, profiles: Mapping[str, Profile], made: Choice) -> Iterator[str]:
    """Say what would change an advice: one condition each, to be read after "unless".

    Args:
        result: What was measured.
        profiles: What the task is like, by the label of the build.
        made: What was chosen.
    """
    chosen = made.chosen
    if result.refusals and made.kind == "unknown":
        yield "the machine is a quiet one: then it may be concluded"
    for one in made.rivals:
        if one.ready and not one.wins and (chosen is None or one.cell.arm != chosen.cell.arm):
            yield (
                f"its workers are kept ready for more such work: then {named(one.cell)} "
                f"{are(one.cell)} {times(one.gain)} times as fast"
            )
    yield from _sent(profiles, made)
    yield from _switched(profiles, made)
    yield from _mended(result, made)
    yield from _larger(result, made)
    yield from _free(result, profiles)
    if mostly_waits(profiles) and not any(one.cell.arm == "asyncio" for one in made.rivals):
        yield "it is a coroutine function: then all items can wait at once, in one thread (asyncio)"


def _sent(profiles: Mapping[str, Profile], made: Choice) -> Iterator[str]:
    """Processes that pay more for pickling than they lack."""
    if not profiles or made.serial is None:
        return
    one = next(iter(profiles.values()))
    if one.unsendable:
        if made.kind in {"serial", "unknown", "contention"}:
            yield "it can be pickled: then processes can be measured"
        return
    best = made.chosen.series if made.chosen is not None else made.serial
    for rival in made.rivals:
        lacks = median(rival.series.walls) - median(best.walls)
        if rival.cell.arm == "processes" and rival.series is not best and 0 < lacks < one.sending:
            yield (
                f"pickling takes less than {short(one.sending - lacks)} instead of "
                f"{short(one.sending)}: then {named(rival.cell)} are as fast (an estimate)"
            )


def _switched(profiles: Mapping[str, Profile], made: Choice) -> Iterator[str]:
    if made.chosen is not None and made.chosen.build.off:
        return
    for label, one in profiles.items():
        if one.switch:
            yield (
                f"nothing that it imports switches the GIL on: then threads on {label} may win; "
                "PYTHON_GIL=0 shows that, at your risk"
            )


def _mended(result: Result, made: Choice) -> Iterator[str]:
    held_up = made.contended
    if held_up is not None:
        yield (
            f"what {named(held_up.cell)} contend for is mended: then they may win; "
            "`--diagnose` names it"
        )
    if any(
        sample.wrong and one.cell.arm == "threads"
        for one in result.measured.series
        for sample in one.samples
    ):
        yield "the race is mended by which threads change its results: `ungil race` finds it"


def _larger(result: Result, made: Choice) -> Iterator[str]:
    """More processors, where threads without the GIL scale and do not win yet."""
    if result.machine.usable < 2:
        yield "there are 2 processors or more: then threads and processes can be measured"
        return
    if made.serial is None or made.kind not in {"serial", "unknown"}:
        return
    for rival in reversed(made.rivals):
        own = result.measured.of(rival.cell.build, "serial")
        if rival.cell.arm != "threads" or not rival.build.off or own is None:
            continue
        count = _processors(rival, own, made.serial)
        if count is not None:
            yield (
                f"there are {count} processors or more: then threads on {rival.cell.build} "
                "may be worth it (an estimate by Amdahl's law)"
            )
        return


def _processors(rival: Rival, own: Series, serial: Series) -> int | None:
    """With how many processors threads would be worth it; None if with no number."""
    workers = rival.cell.workers
    if workers < 2 or len(own.samples) != len(serial.samples):
        return None
    scaled = ratio(own.walls, rival.series.walls).value
    if scaled <= _SCALES:
        return None
    parallel = min(1.0, (1 - 1 / scaled) / (1 - 1 / workers))
    cost = median(own.walls) / median(serial.walls)
    return next(
        (
            count
            for count in range(workers + 1, _MANY + 1)
            if 1 / (1 - parallel + parallel / count) / cost > WORTH
        ),
        None,
    )


def _free(result: Result, profiles: Mapping[str, Profile]) -> Iterator[str]:
    """What a free-threaded build could win at most, where none was measured."""
    if any(one.free_threaded for one in result.measured.builds) or mostly_waits(profiles):
        return
    shares = [one.under_gil for one in profiles.values() if one.under_gil is not None]
    processors = int(result.machine.usable)
    if not shares or processors < 2:
        yield "a free-threaded build is measured as well: `ungil python install` gets one"
        return
    # Who holds the GIL for that share cannot be faster than this; without it, all can be parallel.
    held = shares[0].high
    most = processors * held + 1 - held
    if most > WORTH:
        yield (
            "a free-threaded build is used, which `ungil python install` gets: its threads could "
            f"be {most:.1f} times as fast as threads with the GIL, at most (an estimate by "
            f"Amdahl's law for {processors} processors, from what holds the GIL)"
        )
