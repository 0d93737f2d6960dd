"""What is a cause: measurements in, causes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ungil.bench.diagnose.model import Cause, Gain, Lock, Place, Run
from ungil.bench.diagnose.reading import Use
from ungil.bench.diagnose.suspicion import uneven

__all__ = ["BUSY", "Evidence", "decide", "unsure"]

BUSY = 0.15
"""The share of their time in which workers wait for a processor: then it has other work."""

_WAITED_FOR_GIL = 0.1
"""The share of their time in which threads wait for the GIL, so that it is worth telling."""

_WAITED = 0.05
"""The share of their time in which threads wait for a lock, so that it is that lock."""

_HELD = 0.8
"""The share of the work for which one thread holds a lock: nothing is left to do at once."""

_IDLE = 0.15
"""The share of their time for which workers have nothing to do, if no change shows it."""

_LIMIT = 1.4
"""So much more time do workers take that have nothing in common, each beside the others."""

_SERIALISED = "serialised-by-lock"

_CONTAINERS = frozenset(
    {"Counter", "OrderedDict", "bytearray", "defaultdict", "deque", "dict", "list", "set"}
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was measured.

    Attributes:
        workers: How many threads there were.
        look: The run in threads that was looked at closely.
        alone: Likewise in one thread, with what each item took; nothing if there are many.
        gains: Of the trials, by name.
        places: All objects that threads have in common.
        found: Those that do harm, some only together, and what a private copy gains.
        uses: Where they are used, by the keys of their places.
        busy: The share of their time in which threads waited for a processor.
        asleep: The share of the rest in which they slept.
        problems: Why a trial did not come off, by its name.
        waited: Under the GIL, the share of their time in which threads waited for it.
    """

    workers: int
    look: Run
    alone: Run
    gains: Mapping[str, Gain]
    places: Sequence[Place] = ()
    found: Sequence[tuple[tuple[Place, ...], Gain]] = ()
    uses: Mapping[str, Use | None] = field(default_factory=dict)
    busy: float = 0.0
    asleep: float = 0.0
    problems: Mapping[str, str] = field(default_factory=dict)
    waited: float = 0.0


def decide(evidence: Evidence) -> list[Cause]:
    """The causes; none if it scales, or if nothing was apart from noise."""
    if evidence.look.gil:
        # A module that switches it on is to be told of, whatever it costs this task.
        waits = evidence.waited > _WAITED_FOR_GIL or evidence.look.switch
        return [Cause("waits-for-gil")] if waits else []
    causes = [
        *(list(_sharing(evidence)) or _behind_one_lock(evidence)),
        *_of_trial(evidence, "frozen", "gc-pauses"),
        *_of_trial(evidence, "many", "waits-for-io"),
        *(_of_trial(evidence, "pieces", "tiny-grains") or _balance(evidence)),
    ]
    # Where a program holds itself up, nobody knows what the machine would have to give.
    return causes or list(_machine(evidence))


def unsure(evidence: Evidence, causes: Sequence[Cause]) -> str:
    """Why nothing was concluded, a sentence; empty if something was."""
    if causes:
        return ""
    if evidence.busy > BUSY:
        return (
            f"Not concluded: the machine was busy, threads waited {evidence.busy:.0%} of their "
            "time for a processor."
        )
    for name, problem in evidence.problems.items():
        if name in _TRIED:
            return f"Not concluded: {_TRIED[name]} could not be tried: {problem}."
    private = evidence.gains.get("private")
    if private is not None and private.worth:
        return "Not concluded: private copies of all objects help, but of none by itself."
    unclear = [what for name, what in _TRIED.items() if not _decided(evidence.gains.get(name))]
    if unclear:
        return f"Not concluded: what is gained by {', '.join(unclear)} cannot be told from noise."
    return ""


_TRIED = {
    "private": "private copies",
    "frozen": "a garbage collector that is off",
    "many": "more threads",
    "pieces": "larger pieces",
    "ordered": "another order",
}
"""What is tried, by the names of trials."""


def _decided(gain: Gain | None) -> bool:
    return gain is None or gain.decided


def _of_trial(evidence: Evidence, trial: str, kind: str) -> list[Cause]:
    gain = evidence.gains.get(trial)
    return [Cause(kind, gain)] if gain is not None and gain.worth else []


def _balance(evidence: Evidence) -> list[Cause]:
    gain = evidence.gains.get("ordered")
    if gain is not None and gain.decided:
        return _of_trial(evidence, "ordered", "imbalance")
    # What one thread took for each task tells as well, whatever kept others from running.
    idle, _ = uneven(evidence.alone, evidence.workers)
    return [Cause("imbalance")] if idle >= _IDLE else []


def _sharing(evidence: Evidence) -> Iterator[Cause]:
    blamed: set[tuple[str, int]] = set()
    named = {place.key for places, _ in evidence.found for place in places}
    for places, gain in evidence.found:
        for place in places:
            if place.also in named:
                continue  # it is told under its own name
            lock = _waited_for(evidence, place)
            if lock is None:
                yield Cause(_kind(place, evidence.uses), gain, place)
            elif (lock.file, lock.line) not in blamed:
                blamed.add((lock.file, lock.line))
                yield Cause(_kind_of_lock(evidence, lock), gain, place, lock)


def _behind_one_lock(evidence: Evidence) -> list[Cause]:
    """A lock around everything is seen in one thread, whatever keeps others from running."""
    private = evidence.gains.get("private")
    if private is not None and private.decided:
        return []
    for place in evidence.places:
        lock = _waited_for(evidence, place)
        if lock is not None and _kind_of_lock(evidence, lock) == _SERIALISED:
            return [Cause(_SERIALISED, None, place, lock)]
    return []


def _kind(place: Place, uses: Mapping[str, Use | None]) -> str:
    use = uses.get(place.key)
    changed = use is not None and use.writes
    return "shared-container" if changed and place.kind in _CONTAINERS else "shared-object"


def _waited_for(evidence: Evidence, place: Place) -> Lock | None:
    """The lock in an object for which threads wait most; None if they hardly do."""
    made = {(one.file, one.line) for one in place.locks}
    spans = sum(one.ended - one.began for one in evidence.look.workers)
    locks = [
        one
        for one in evidence.look.locks
        if (one.file, one.line) in made and one.waited > _WAITED * spans
    ]
    return max(locks, key=lambda one: one.waited, default=None)


def _kind_of_lock(evidence: Evidence, lock: Lock) -> str:
    alone = evidence.alone
    held = sum(one.held for one in alone.locks if (one.file, one.line) == (lock.file, lock.line))
    return _SERIALISED if held > _HELD * alone.wall else "contended-lock"


def _machine(evidence: Evidence) -> Iterator[Cause]:
    isolated = evidence.gains.get("isolated")
    if isolated is not None and isolated.worth and isolated.times.value >= _LIMIT:
        yield Cause("machine-limit", isolated)
