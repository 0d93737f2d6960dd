"""Measurements that nobody took, on machines that are not there."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ungil.bench.concluding import conclude
from ungil.bench.model import (
    Build,
    Cell,
    Machine,
    Measured,
    Result,
    Sample,
    Series,
    Task,
    Yardstick,
)

GIL = Build("3.14", Path("/usr/bin/python3.14"), "3.14.7", False, optimizations=("pgo", "lto"))
FREE = Build("3.14t", Path("/usr/bin/python3.14t"), "3.14.7", True)
FORCED = Build("3.14t gil=1", FREE.program, "3.14.7", True, "1")

ROUNDS = 7


def sample(
    wall: float, cpu: float | None = None, memory: int | None = 30 << 20, **others
) -> Sample:
    values = {
        "items": 64,
        "start": 0.001,
        "warming": wall / 10,
        "wall": wall,
        "cpu": wall if cpu is None else cpu,
        "memory": memory,
        "failed": 0,
        "failure": "",
        "wrong": "",
        "compared": True,
        "gil": True,
        "switch": "",
    }
    return Sample(**{**values, **others})


def series(cell: Cell, walls: Sequence[float], **others) -> Series:
    return Series(cell, [sample(wall, **others) for wall in walls])


def measured(
    times: Mapping[Cell, float | Sequence[float]],
    builds: Sequence[Build] = (GIL, FREE, FORCED),
    name: str = "primes",
    **others,
) -> Measured:
    """Of each cell the seconds: one for each round, or what it always takes."""
    lists = {
        cell: [walls] * ROUNDS if isinstance(walls, float) else list(walls)
        for cell, walls in times.items()
    }
    rounds = max(map(len, lists.values()))
    labels = {cell.build for cell in times}
    return Measured(
        Task(name, "work:task", "work:items"),
        tuple(build for build in builds if build.label in labels),
        rounds,
        tuple(series(cell, walls, **others) for cell, walls in lists.items()),
    )


def machine(usable: float = 8.0, **others) -> Machine:
    values = {
        "model": "Somebody's processor",
        "processors": 8,
        "affinity": 8,
        "usable": usable,
        "cgroup": "v2",
        "cpuset": "0-7",
        "governor": "performance",
        "turbo": False,
        "load": (0.0, 0.1, 0.2),
        "memory": 16 << 30,
        "system": "Linux 6.1 x86_64",
        "container": "podman",
    }
    return Machine(**{**values, **others})


def yardsticks(usable: float = 8.0, rounds: int = ROUNDS, share: float = 1.0) -> list[Yardstick]:
    """Those of a machine that gives each process a processor, or a share of it."""
    return [
        Yardstick(
            count,
            (min(count, usable) * share,) * rounds,
            (1000.0 * min(count, usable) * share,) * rounds,
        )
        for count in (1, 2, 4, 8)
        if count <= max(1, usable)
    ]


def concluded(
    times: Mapping[Cell, float | Sequence[float]], usable: float = 8.0, **others
) -> Result:
    return conclude(measured(times, **others), machine(usable), yardsticks(usable))


def scaling_times(build: str = "3.14t", arm: str = "threads") -> dict[Cell, float]:
    """One second in serial, and halved by each doubling of the workers, nearly."""
    return {
        Cell(build, "serial", 1): 1.0,
        **{Cell(build, arm, count): 1.0 / count**0.9 for count in (1, 2, 4, 8)},
    }
