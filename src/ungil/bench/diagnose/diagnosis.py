"""From a build of a task to what keeps it from scaling: looks, tries, names, decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from statistics import median

from msgspec.structs import replace

from ungil.bench.diagnose.deciding import Evidence, decide, unsure
from ungil.bench.diagnose.model import Ask, Cause, Gain, Place, Run, Trial
from ungil.bench.diagnose.naming import guilty
from ungil.bench.diagnose.reading import use
from ungil.bench.diagnose.runs import Runs, RunsError, Shared
from ungil.bench.diagnose.suspicion import trials
from ungil.bench.diagnose.turns import Turns

__all__ = ["Diagnosis", "Progress", "diagnose"]

Progress = Callable[[str, int, int], None]

_MANY = 5_000
"""Up to so many items each is timed by itself."""

_UNDER_GIL = 3
"""Runs under the GIL: how long threads wait for it differs little from one to another."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What keeps a task from scaling in threads.

    Attributes:
        workers: How many threads there were.
        causes: Each with what shows it; none if nothing was found.
        unsure: Why nothing was concluded, a sentence; empty if something was, or if it scales.
        evidence: What was measured; None if nothing could be.
    """

    workers: int
    causes: tuple[Cause, ...] = ()
    unsure: str = ""
    evidence: Evidence | None = None


def diagnose(runs: Runs, workers: int, progress: Progress) -> Diagnosis:
    """Find out why a task does not scale.

    Args:
        runs: Where runs of it come from.
        workers: How many threads there are; no more than processors.
        progress: Told what is done, how many rounds were, and of how many.
    """
    try:
        return _diagnosed(runs, workers, progress)
    except RunsError as error:
        return Diagnosis(workers, unsure=f"Not concluded: {error}.")


def _diagnosed(runs: Runs, workers: int, progress: Progress) -> Diagnosis:
    progress("Looking at what threads wait for", 0, 3)
    look = runs.take(Ask(workers, workers, watch=True))
    count = look.items
    if look.failed == count and not look.gil:
        raise RunsError(f"every item raises an exception, the first {look.failure}")

    def take(ask: Ask) -> Run:
        run = runs.take(ask)
        if run.failed != look.failed:
            # It has done something else, and may be fast or slow because of that.
            raise RunsError(f"{run.failed} of {count} items raised an exception ({run.failure})")
        return run

    alone = runs.take(Ask(1, workers, watch=True))
    if look.gil:
        return _under_gil(runs, workers, look, alone)
    if count <= _MANY:
        each = runs.take(Ask(1, workers, "uncollected", order=tuple(range(count)), detail=True))
        alone = replace(alone, pieces=each.pieces)
    shared = runs.shared()
    turns = Turns()
    tried = list(trials(look, alone, workers, shared=bool(shared.places)))
    turns.measure(take, tried, lambda done, of: progress("Trying what would be faster", done, of))
    private = turns.gains.get("private")
    found: list[tuple[tuple[Place, ...], Gain]] = []
    if private is not None and private.worth:
        progress("Finding out which object it is", 0, 1)
        found = _named(take, shared, workers)
    plain = turns.runs.get(Ask(workers, workers), [look])
    evidence = Evidence(
        workers,
        look,
        alone,
        turns.gains,
        places=shared.places,
        found=found,
        uses={place.key: use(place, shared.files) for places, _ in found for place in places},
        busy=median(run.busy for run in plain),
        asleep=median(run.asleep for run in plain),
        problems=turns.problems,
    )
    causes = decide(evidence)
    return Diagnosis(workers, tuple(causes), unsure(evidence, causes), evidence)


def _under_gil(runs: Runs, workers: int, look: Run, alone: Run) -> Diagnosis:
    """Threads take turns, and nothing else can be told of them."""
    plain = [runs.take(Ask(workers, workers)) for _ in range(_UNDER_GIL)]
    waited = median(run.asleep for run in plain) - alone.asleep
    evidence = Evidence(workers, look, alone, {}, waited=max(0.0, waited))
    causes = decide(evidence)
    return Diagnosis(workers, tuple(causes), unsure(evidence, causes), evidence)


def _named(
    take: Callable[[Ask], Run], shared: Shared, workers: int
) -> list[tuple[tuple[Place, ...], Gain]]:
    """The objects that do harm when they are shared, and what a private copy of each gains."""
    by_key = {place.key: place for place in shared.places}
    gains: dict[tuple[str, ...], Gain] = {}
    private = Ask(workers, workers, "private")

    def harm(keys: tuple[str, ...]) -> bool:
        turns = Turns()
        again = Ask(workers, workers, "private", again=keys)
        turns.measure(take, [Trial("again", again, private, attrgetter("work"), together=True)])
        gain = turns.gains.get("again")
        if gain is None or not gain.worth:
            return False
        gains[keys] = gain
        return True

    guilty_ones = guilty(list(by_key), harm)
    return [(tuple(by_key[key] for key in keys), gains[keys]) for keys in guilty_ones]
