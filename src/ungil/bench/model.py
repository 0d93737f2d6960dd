"""What is measured, and what came of it: plain values between the modules of this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ungil.bench.estimates import Estimate
from ungil.findings import Finding

__all__ = [
    "ARMS",
    "Advice",
    "Build",
    "Cell",
    "Comparison",
    "Law",
    "Machine",
    "Measured",
    "Outcome",
    "Point",
    "Result",
    "Sample",
    "Scaling",
    "Series",
    "Task",
    "Yardstick",
]

ARMS = ("serial", "threads", "processes", "interpreters", "asyncio")
"""Ways of doing many tasks; `ungil.bench.worker.arms` carries them out."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is measured, by the names that it has in the measured interpreter.

    Attributes:
        name: As the user calls it.
        function: `module:name`; takes one item, or nothing where there are no items.
        items: `module:name` of an iterable, or of what gives one anew for each pass; may be empty.
        setup: `module:name` of what is called before each pass; may be empty.
        check: `module:name` of what says whether the results are right; may be empty.
        coroutine: `module:name` of what does the same under asyncio; may be empty.
        parameters: What `items` and `check` are called with.
        calls: How many, where there are no items.
        piece: How many items are sent at once; None for four pieces a worker.
        script: What is run whole, instead of all that; in serial only.
        arguments: The script's own.
        folders: Where its modules are found, beside what each interpreter has.
    """

    name: str
    function: str
    items: str = ""
    setup: str = ""
    check: str = ""
    coroutine: str = ""
    parameters: Mapping[str, int] = field(default_factory=dict)
    calls: int = 0
    piece: int | None = None
    script: Path | None = None
    arguments: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """An interpreter as it is started.

    Attributes:
        label: E.g. `3.14`, `3.14t`, or `3.14t gil=1`.
        program: Its file.
        release: E.g. `3.14.7`.
        free_threaded: Could it run without the GIL?
        gil: What PYTHON_GIL is; None for not at all.
        optimizations: Of `pgo` and `lto`, what it was built with.
        debug: A debug build, or one with sanitizers?
    """

    label: str
    program: Path
    release: str
    free_threaded: bool
    gil: str | None = None
    optimizations: tuple[str, ...] = ()
    debug: bool = False

    @property
    def off(self) -> bool:
        """Is it to run without the GIL?"""
        return self.free_threaded and self.gil != "1"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One combination that is measured, again and again.

    Attributes:
        build: The label of a build.
        arm: One of `ARMS`.
        workers: How many there are.
    """

    build: str
    arm: str
    workers: int

    def __str__(self) -> str:
        return f"{self.build} {self.arm}" + (f" {self.workers}" if self.workers > 1 else "")


class Sample(msgspec.Struct, frozen=True):
    """What one process measured; see `ungil.bench.worker.__main__`.

    Attributes:
        items: How many were done.
        start: Seconds until all workers stood ready.
        warming: Seconds for the pass before.
        wall: Seconds for all items.
        cpu: Seconds of processor time for all items, of all workers; None if not known.
        memory: Bytes of all workers, what they share counted once; None if not known.
        failed: How many items raised an exception.
        failure: The first of them.
        wrong: What is different from the results in serial, or what the check says; empty if
            nothing is.
        check_failed: Was it the check that said so?
        compared: Could that be told?
        gil: Was the GIL on at the end?
        switch: What switched it on, where that was seen.
    """

    items: int
    start: float
    warming: float
    wall: float
    cpu: float | None
    memory: int | None
    failed: int
    failure: str
    wrong: str
    compared: bool
    gil: bool
    switch: str
    check_failed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking for one sample.

    Attributes:
        sample: None if there is none.
        problem: Why; one sentence without a full stop.
        kind: `task` (nothing of the build can be measured), `arm` (it does not apply), `pickle`,
            `died`, `limit`; empty if there is a sample.
    """

    sample: Sample | None
    problem: str = ""
    kind: str = ""


@dataclass(slots=True)
class Series:
    """All that was measured of one cell.

    Attributes:
        cell: Which.
        samples: One for each round, in order.
        problem: Why there are no more; empty if nothing is the matter.
        kind: See `Outcome`.
    """

    cell: Cell
    samples: list[Sample] = field(default_factory=list)
    problem: str = ""
    kind: str = ""

    @property
    def walls(self) -> list[float]:
        """Seconds of each sample."""
        return [one.wall for one in self.samples]


@dataclass(frozen=True, slots=True)
class Measured:
    """One task, as it was measured on all builds.

    Attributes:
        task: What.
        builds: On what.
        rounds: How often each cell was wanted.
        series: One for each cell, also those without samples.
    """

    task: Task
    builds: tuple[Build, ...]
    rounds: int
    series: tuple[Series, ...]

    def of(self, build: str, arm: str, workers: int = 1) -> Series | None:
        """What was measured of a cell; None if that was not wanted."""
        cell = Cell(build, arm, workers)
        return next((one for one in self.series if one.cell == cell), None)


@dataclass(frozen=True, slots=True)
class Machine:
    """What measured. What could not be read is None, or empty.

    Attributes:
        model: Of the processor.
        processors: How many there are.
        affinity: How many of them this process may be put on.
        quota: How many of them a container's share of time is worth, e.g. 0.5.
        usable: How many may be used in fact: of the two above the least; at least one is
            assumed where nothing is known.
        cgroup: `v1` or `v2`, where there are control groups.
        cpuset: The processors of the control group, e.g. `0-3`.
        governor: How the clock is chosen, e.g. `performance`.
        turbo: May the clock rise for a while?
        load: Of the last minute, five and fifteen, before anything was measured.
        memory: Bytes; of the control group, if that has a limit.
        system: The operating system, e.g. `Linux 6.1.0 x86_64`.
        container: E.g. `docker`; empty if there is none, or it does not tell.
    """

    model: str = ""
    processors: int | None = None
    affinity: int | None = None
    quota: float | None = None
    usable: float = 1.0
    cgroup: str = ""
    cpuset: str = ""
    governor: str = ""
    turbo: bool | None = None
    load: tuple[float, ...] = ()
    memory: int | None = None
    system: str = ""
    container: str = ""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What so many processes that share nothing got of the machine, once in each round.

    Attributes:
        workers: How many processes were busy at the same time.
        busy: How many processors they had: seconds of processor time over seconds.
        rate: How much they did in a second, all together.
    """

    workers: int
    busy: tuple[float, ...]
    rate: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two cells that were measured in turns.

    Attributes:
        cell: The one.
        other: What it is compared with.
        times: How many times as fast the one is.
        verdict: `faster`, `slower`, or `unclear`.
        reason: Why it is unclear; empty if it is not.
    """

    cell: Cell
    other: Cell
    times: Estimate
    verdict: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """So many workers of one arm on one build.

    Attributes:
        workers: How many.
        oversubscribed: Are they more than the processors that may be used?
        seconds: For all items.
        speedup: How many times as fast as in serial on the same build.
        efficiency: The speedup for each worker; None if oversubscribed.
        limit: The speedup of as many processes that share nothing; None if not measured.
        inflation: Seconds of processor time over those of one worker; None if not known.
        memory: Bytes; None if not known.
    """

    workers: int
    oversubscribed: bool
    seconds: Estimate
    speedup: Estimate
    efficiency: Estimate | None = None
    limit: Estimate | None = None
    inflation: Estimate | None = None
    memory: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Law:
    """The universal scalability law, as it was fitted: see `ungil.bench.scaling`.

    Attributes:
        sigma: The share of the work that only one can do at a time (contention).
        kappa: What each pair of workers costs (coherency).
        peak: With how many workers it is fastest; None if that cannot be told.
        error: How far the measured times are from the law at most, relative to them.
    """

    sigma: Estimate
    kappa: Estimate
    peak: float | None
    error: float


@dataclass(frozen=True, slots=True)
class Scaling:
    """One arm on one build, over the number of workers.

    Attributes:
        build: The label of a build.
        arm: One of `ARMS`.
        points: By the number of workers.
        serial_fraction: The share of the work that only one can do at a time, as of the most
            workers that were measured within the processors (Karp & Flatt); None if that
            cannot be told.
        law: None if that cannot be fitted.
        reason: Why there is no law; empty if there is.
    """

    build: str
    arm: str
    points: tuple[Point, ...]
    serial_fraction: Estimate | None = None
    law: Law | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do.

    Attributes:
        answer: One line.
        reasons: What was measured, to be read after "because".
        unless: What would change it, to be read after "unless".
        choice: One of `ARMS`, `native`, `contention` or `unknown`.
        cell: What is advised to be used, or has the contention; None for nothing.
    """

    answer: str
    reasons: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    choice: str = "unknown"
    cell: Cell | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Everything about one task; what the formats show.

    Attributes:
        measured: The samples.
        machine: What measured them.
        yardsticks: What the machine gave in the same rounds, by the number of workers.
        refusals: Why nothing is concluded about parallelism; empty if something is.
        comparisons: Each cell with serial on its build, and serial on the builds.
        scaling: One for each build and arm that may have several workers.
        findings: What stands in the way.
        advice: None if it was not asked for.
        notes: Sentences about the run as a whole.
    """

    measured: Measured
    machine: Machine = Machine()
    yardsticks: tuple[Yardstick, ...] = ()
    refusals: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    scaling: tuple[Scaling, ...] = ()
    findings: tuple[Finding, ...] = ()
    advice: Advice | None = None
    notes: tuple[str, ...] = ()
