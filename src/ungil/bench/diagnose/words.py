"""Causes -> findings: what it is, what it costs, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path

from ungil import rules
from ungil.bench.diagnose.balance import idle
from ungil.bench.diagnose.deciding import Evidence
from ungil.bench.diagnose.diagnosis import Diagnosis
from ungil.bench.diagnose.model import WORTH, Cause, Gain, Lock, Place
from ungil.bench.diagnose.suspicion import LONGER, lengths, uneven
from ungil.bench.model import Build, Task
from ungil.findings import Evidence as Level
from ungil.findings import Finding, Location, Rule, Step, printable

__all__ = ["findings", "in_words"]


@dataclass(frozen=True, slots=True)
class _Case:
    """A cause, and all that words about it are made of."""

    cause: Cause
    evidence: Evidence
    task: Task
    build: Build

    @property
    def workers(self) -> int:
        return self.evidence.workers

    @property
    def times(self) -> str:
        """E.g. `2.5 times (1.9–3.2)`."""
        assert self.cause.gain is not None  # noqa: S101 - asked for where something was tried
        return in_words(self.cause.gain)

    @property
    def place(self) -> Place:
        assert self.cause.place is not None  # noqa: S101 - asked for where the rule is about one
        return self.cause.place

    @property
    def lock(self) -> Lock:
        assert self.cause.lock is not None  # noqa: S101 - asked for where the rule is about one
        return self.cause.lock

    @property
    def given(self) -> str:
        """What an object was tried with: all others were private."""
        return "With" if len(self.evidence.found) == 1 else "Where all else is private, with"


@dataclass(frozen=True, slots=True)
class _Said:
    """The words of a finding."""

    subject: str
    message: str
    remedy: str
    location: Location | None = None
    steps: tuple[Step, ...] = ()


_BY_NAME: dict[str, Rule] = {rule.name: rule for rule in rules.RULES.values()}


def findings(diagnosis: Diagnosis, task: Task, build: Build) -> tuple[Finding, ...]:
    """What was found, in words.

    Args:
        diagnosis: What was found.
        task: What was measured.
        build: On what.
    """
    evidence = diagnosis.evidence
    if evidence is None:
        return ()
    found = []
    for cause in diagnosis.causes:
        said = _SAY[cause.kind](_Case(cause, evidence, task, build))
        found.append(
            Finding(
                _BY_NAME[cause.kind],
                printable(said.subject),
                printable(said.message),
                said.remedy,
                said.location,
                Level.TESTED,
                target=build.label,
                steps=said.steps,
            )
        )
    return tuple(found)


def in_words(gain: Gain) -> str:
    """E.g. `2.5 times (1.9–3.2)`."""
    times = gain.times
    return f"{times.value:.1f} times ({times.low:.1f}–{times.high:.1f})"


def _gil(case: _Case) -> _Said:
    evidence = case.evidence
    share = f"{case.workers} threads waited {evidence.waited:.0%} of their time for the GIL"
    if evidence.look.switch:
        return _Said(
            case.task.name,
            f"The GIL came on: {evidence.look.switch}. {share}",
            "Find a version of that module that declares that it needs no GIL, or do without "
            "it; nothing else can be told of threads before.",
        )
    if case.build.free_threaded:
        remedy = "Run it with PYTHON_GIL=0, or without PYTHON_GIL."
    else:
        remedy = "Run it on a free-threaded build, e.g. 3.14t; `ungil python` finds one."
    return _Said(case.task.name, f"{share}, so they take turns", remedy)


def _object(case: _Case) -> _Said:
    name, where, text = _used(case)
    used = f" It is used at {where} (`{text}`)." if where else ""
    return _Said(
        name,
        f"{case.workers} threads share `{name}`, {_a(case.place.kind)}, and each use of it changes "
        f"its reference count, which one processor can do at a time.{used} "
        f"{case.given} a private copy in each thread it is {case.times} as fast",
        "Take what is needed out of it into local variables before the loop, or give each "
        "thread a copy of its own: as an argument, or in a threading.local.",
        where,
    )


def _container(case: _Case) -> _Said:
    name, where, text = _used(case)
    used = f" at {where} (`{text}`)" if where else ""
    return _Said(
        name,
        f"{case.workers} threads change `{name}`, {_a(case.place.kind)}{used}, and only one "
        f"can at a time. {case.given} a private one in each thread it is {case.times} as fast",
        "Let each task fill a container of its own and return it, and put them together "
        "afterwards; or divide it by key, one part for each thread.",
        where,
    )


def _contended(case: _Case) -> _Said:
    name, where, waited = _lock(case)
    return _Said(
        name,
        f"Threads waited {waited:.0%} of their time for the lock `{name}`, mostly at {where}. "
        f"{case.given} one for each thread, and what it guards, it is {case.times} as fast",
        "Collect in local variables and take it once for many; hold it for what has to be "
        "together only; or divide what it guards, with a lock for each part.",
        where,
        _waits(case.lock),
    )


def _serialised(case: _Case) -> _Said:
    name, where, _waited = _lock(case)
    alone = case.evidence.alone
    held = sum(one.held for one in alone.locks if _key(one) == _key(case.lock)) / alone.wall
    message = (
        f"The lock `{name}`, taken at {where}, is held for {min(held, 1):.0%} of the work, so "
        "that only one thread works at a time."
    )
    if case.cause.gain is not None:
        tried = f"{case.given} one for each thread, and what it guards, it is {case.times} as fast"
        message = f"{message} {tried}"
    return _Said(
        name,
        message,
        "Work without it, and take it only to look up and to store; or divide what it guards, "
        "with a lock for each part.",
        where,
        _waits(case.lock),
    )


def _imbalance(case: _Case) -> _Said:
    taken = lengths(case.evidence.alone)
    share = max(taken) / max(sum(taken), 1e-9)
    at = taken.index(max(taken))
    lost = idle(taken, case.workers)
    longest = f"the longest is item {at} with {share:.0%} of all work"
    message = (
        f"Tasks are of unequal length ({longest}), so that threads have nothing left to do for "
        f"{lost:.0%} of their time."
    )
    if case.cause.gain is None:
        _, better = uneven(case.evidence.alone, case.workers)
        order = "begin with the longest tasks" if better >= WORTH else "no order is better"
        return _Said(
            case.task.name,
            message,
            f"Divide the longest task, or give more of them; {order}.",
        )
    return _Said(
        case.task.name,
        f"{message} With the longest first, each by itself, it is {case.times} as fast",
        "Begin with the longest tasks, and send them one by one or in small pieces; or divide "
        "the longest.",
    )


def _grains(case: _Case) -> _Said:
    each = case.evidence.alone.work / case.evidence.alone.items
    size = max(1, -(-case.evidence.look.items // (case.workers * 4)))
    return _Said(
        case.task.name,
        f"A task takes {_short(each)}, which is less than it costs to send it. In pieces of "
        f"{size} it takes {case.times} less processor time than one by one",
        "Let a task do many items: `chunksize` of multiprocessing's pools, "
        "`itertools.batched` for ThreadPoolExecutor.",
    )


def _garbage(case: _Case) -> _Said:
    pauses = case.evidence.look.pauses
    return _Said(
        case.task.name,
        f"All threads waited for the garbage collector: {pauses.count} times, "
        f"{pauses.seconds / case.evidence.look.wall:.0%} of the time. Without it, it is "
        f"{case.times} as fast",
        "Call gc.freeze() once what stays has been loaded, raise gc.set_threshold(), or make "
        "fewer containers, and none that refer to each other in a circle.",
    )


def _waiting(case: _Case) -> _Said:
    asleep = max(case.evidence.alone.sleeps, key=lambda one: one.share, default=None)
    where = _location(asleep.file, asleep.line) if asleep is not None else None
    mostly = f", mostly at {where}" if where else ""
    many = case.workers * LONGER
    return _Said(
        case.task.name,
        f"Tasks wait {case.evidence.alone.asleep:.0%} of their time for something other than a "
        f"processor{mostly}. With {many} threads instead of {case.workers} it is "
        f"{case.times} as fast",
        "Use more threads than there are processors, or asyncio.",
        where,
    )


def _machine(case: _Case) -> _Said:
    return _Said(
        case.task.name,
        f"{case.workers} processes that have nothing in common take {case.times} "
        "as long each as one by itself: the limit is the machine's, be it its memory, its "
        "clock, or what else runs on it",
        "Nothing in the program. Fewer workers do as much; less memory for each helps if that is "
        "the limit.",
    )


_SAY: dict[str, Callable[[_Case], _Said]] = {
    "waits-for-gil": _gil,
    "shared-object": _object,
    "shared-container": _container,
    "contended-lock": _contended,
    "serialised-by-lock": _serialised,
    "imbalance": _imbalance,
    "tiny-grains": _grains,
    "gc-pauses": _garbage,
    "waits-for-io": _waiting,
    "machine-limit": _machine,
}


def _used(case: _Case) -> tuple[str, Location | None, str]:
    """What an object is called, where it is used, and by which expression."""
    place = case.place
    use = case.evidence.uses.get(place.key)
    name = place.also.rpartition(":")[2] or place.name
    if place.key == "items" and not place.also:
        name = f"item{place.name}"
    return (name, None, "") if use is None else (name, _location(use.file, use.line), use.text)


def _lock(case: _Case) -> tuple[str, Location, float]:
    """What a lock is called, where it is waited for most, and for which share of the time."""
    lock = case.lock
    path = next(one.name for one in case.place.locks if (one.file, one.line) == _key(lock))
    most = max(lock.waits, key=lambda one: one.seconds)
    spans = sum(one.ended - one.began for one in case.evidence.look.workers)
    return f"{_used(case)[0]}{path}", _location(most.file, most.line), lock.waited / spans


def _waits(lock: Lock) -> tuple[Step, ...]:
    """Each line that waited, the longest first."""
    by_line: dict[tuple[str, int], list[float]] = {}
    for one in lock.waits:
        total = by_line.setdefault((one.file, one.line), [0, 0.0])
        total[0] += one.count
        total[1] += one.seconds
    ordered = sorted(by_line.items(), key=lambda entry: -entry[1][1])
    return tuple(
        Step(f"waited {count:.0f} times, {seconds:.2f} s in all", _location(*place))
        for place, (count, seconds) in ordered
    )


def _key(lock: Lock) -> tuple[str, int]:
    return lock.file, lock.line


def _location(file: str, line: int) -> Location:
    path = Path(file)
    if path.is_relative_to(Path.cwd()):
        path = Path(relpath(path))
    return Location(path.as_posix(), line)


def _short(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs"


def _a(kind: str) -> str:
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} `{kind}`"
