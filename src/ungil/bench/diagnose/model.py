"""What is asked and measured to find out why work does not scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ungil.bench.estimates import CONFIDENCE, Estimate

__all__ = [
    "WORTH",
    "Ask",
    "Cause",
    "Gain",
    "HeldBy",
    "Lock",
    "Pauses",
    "Place",
    "Run",
    "Sleep",
    "Trial",
    "Wait",
    "Worker",
]

WORTH = 1.1
"""A gain below that is not worth telling."""

_SURELY = 1.02
"""It has to be above that for sure."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One run: how many threads, and what is different; see `ungil.bench.worker.otherwise`.

    Attributes:
        workers: How many there are.
        cut: For how many the items are cut.
        change: One of `ungil.bench.worker.otherwise.changes.CHANGES`.
        again: Keys of places that stay shared.
        order: Of items, where that is changed.
        watch: Look at what threads wait for?
        detail: Tell of each piece?
    """

    workers: int
    cut: int
    change: str = ""
    again: tuple[str, ...] = ()
    order: tuple[int, ...] = ()
    watch: bool = False
    detail: bool = False


class Worker(msgspec.Struct, frozen=True, array_like=True):
    """What one worker did: when it began and ended, processor time, and waiting for one."""

    began: float
    ended: float
    cpu: float
    delay: float

    @property
    def seconds(self) -> float:
        """What it took, without the seconds in which the machine was busy with others."""
        return max(self.ended - self.began - self.delay, self.cpu, 1e-9)


class Wait(msgspec.Struct, frozen=True):
    """A line that waits for a lock, how often and for how many seconds."""

    file: str
    line: int
    count: int
    seconds: float


class Lock(msgspec.Struct, frozen=True):
    """All locks that one line makes, or those who wait for a condition there.

    Attributes:
        kind: `lock` or `condition`.
        file: Where it is made.
        line: Likewise.
        held: Seconds.
        waits: Where threads wait for it.
    """

    kind: str
    file: str
    line: int
    held: float
    waits: tuple[Wait, ...]

    @property
    def waited(self) -> float:
        """Seconds of all threads."""
        return sum(one.seconds for one in self.waits)


class Sleep(msgspec.Struct, frozen=True):
    """A line at which threads sleep, and in which share of looks at one of them."""

    file: str
    line: int
    share: float


class Pauses(msgspec.Struct, frozen=True):
    """Collections of garbage: how many, seconds of all and of the longest."""

    count: int
    seconds: float
    longest: float


class Run(msgspec.Struct, frozen=True):
    """What came of one run."""

    items: int
    workers: tuple[Worker, ...]
    gil: bool
    switch: str
    failed: int = 0
    failure: str = ""
    pieces: tuple[tuple[float, float], ...] = ()
    locks: tuple[Lock, ...] = ()
    pauses: Pauses = Pauses(0, 0.0, 0.0)
    sleeps: tuple[Sleep, ...] = ()

    @property
    def work(self) -> float:
        """Seconds of all workers, without those in which the machine was busy with others."""
        return sum(one.seconds for one in self.workers)

    @property
    def cpu(self) -> float:
        """Processor time."""
        return max(sum(one.cpu for one in self.workers), 1e-9)

    @property
    def last(self) -> float:
        """Seconds of the worker that took longest, likewise."""
        return max(one.seconds for one in self.workers)

    @property
    def wall(self) -> float:
        """Seconds from the first that began to the last that ended."""
        ended = max(one.ended for one in self.workers)
        return max(ended - min(one.began for one in self.workers), 1e-9)

    @property
    def asleep(self) -> float:
        """The share of their time in which workers neither ran nor could have run."""
        return max(0.0, 1 - sum(max(one.cpu, 0.0) for one in self.workers) / self.work)

    @property
    def busy(self) -> float:
        """The share of their time in which workers waited for a processor."""
        spans = sum(one.ended - one.began for one in self.workers)
        return sum(one.delay for one in self.workers) / max(spans, 1e-9)


class HeldBy(msgspec.Struct, frozen=True):
    """A lock in a shared object: how one comes to it (`.lock`), and where it is made."""

    name: str
    file: str
    line: int


class Place(msgspec.Struct, frozen=True):
    """An object that threads have in common.

    Attributes:
        key: See `ungil.bench.worker.otherwise.places`.
        name: As the source has it; of what items have in common the way from an item.
        module: Its module.
        kind: The object's type.
        also: The key of another place that holds it; empty if none does.
        locks: Those in it.
    """

    key: str
    name: str
    module: str
    kind: str
    also: str = ""
    locks: tuple[HeldBy, ...] = ()


Metric = Callable[[Run], float]


@dataclass(frozen=True, slots=True)
class Trial:
    """Two runs that differ in one thing.

    Attributes:
        name: What is tried.
        plain: As it is.
        changed: With the change.
        metric: What is compared; less is better.
        fact: Does it only tell how it stands, so that it need not be clear what it gains?
        together: Does it show only while threads run at the same time?
    """

    name: str
    plain: Ask
    changed: Ask
    metric: Metric
    fact: bool = False
    together: bool = False


@dataclass(frozen=True, slots=True)
class Gain:
    """How many times as fast it is with a change."""

    times: Estimate

    @property
    def worth(self) -> bool:
        """Is it worth telling, and apart from noise?"""
        times = self.times
        return times.value >= WORTH and times.low >= _SURELY and times.apart_from(1.0)

    @property
    def decided(self) -> bool:
        """Is it, or is it surely not?"""
        enough = self.times.confidence >= CONFIDENCE
        return self.worth or (enough and (self.times.high < WORTH or self.times.value < 1.0))


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why it does not scale.

    Attributes:
        kind: The name of a rule, e.g. `shared-object`.
        gain: What a change of it gains; None where there is nothing to change.
        place: The object; None where it is none.
        lock: The lock; None where it is none.
    """

    kind: str
    gain: Gain | None = None
    place: Place | None = None
    lock: Lock | None = None
