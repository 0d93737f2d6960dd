"""What is measured, and what came of it: plain values between the modules of this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

__all__ = ["ARMS", "Build", "Cell", "Measured", "Outcome", "Sample", "Series", "Task"]

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
        pieces: Of each piece of work: its worker, when it began and ended, and CPU seconds.
        failed: How many items raised an exception.
        failure: The first of them.
        wrong: What is different from the results in serial; empty if nothing is.
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
    pieces: tuple[tuple[int, float, float, float], ...]
    failed: int
    failure: str
    wrong: str
    compared: bool
    gil: bool
    switch: str


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
