"""Results made up of samples whose times are known."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ungil.bench.model import Build, Cell, Machine, Measured, Result, Sample, Series, Task

ROUNDS = 7

GIL = Build("3.14", Path("python3.14"), "3.14.7", free_threaded=False)
FREE = Build("3.14t", Path("python3.14t"), "3.14.7", free_threaded=True)
FORCED = Build("3.14t gil=1", Path("python3.14t"), "3.14.7", free_threaded=True, gil="1")
BUILDS = (GIL, FREE, FORCED)

STEADY = (1.0, 1.01, 0.99, 1.005, 0.995, 1.002, 0.998)
"""A quiet machine: the same in every round for all, but for a hundredth."""


def sample(wall: float, **others: object) -> Sample:
    known: dict[str, object] = {
        "items": 64,
        "start": 0.001,
        "warming": 0.0,
        "wall": wall,
        "cpu": wall,
        "memory": 20 << 20,
        "failed": 0,
        "failure": "",
        "wrong": "",
        "compared": True,
        "gil": True,
        "switch": "",
    }
    return Sample(**{**known, **others})


def steady(cell: Cell, wall: float, *, rounds: int = ROUNDS, **others: object) -> Series:
    """Samples of a quiet machine; `cpu` is given relative to the wall."""
    cpu = others.pop("cpu", float(cell.workers))
    samples = [
        sample(wall * factor, **{"cpu": cpu and wall * factor * cpu, **others})
        for factor in STEADY[:rounds]
    ]
    return Series(cell, samples)


def result(
    cells: Mapping[tuple[str, str, int], object] | Sequence[Series],
    *,
    builds: Sequence[Build] = BUILDS,
    processors: float = 2,
    refusals: Sequence[str] = (),
    rounds: int = ROUNDS,
) -> Result:
    """What was measured: of each build, arm and number of workers its seconds, or its series."""
    series = (
        [
            given if isinstance(given, Series) else steady(Cell(*key), given, rounds=rounds)
            for key, given in cells.items()
        ]
        if isinstance(cells, Mapping)
        else list(cells)
    )
    labels = {one.cell.build for one in series}
    known = tuple(one for one in builds if one.label in labels)
    measured = Measured(Task("work", "app:work"), known, rounds, tuple(series))
    return Result(measured, Machine(usable=processors), refusals=tuple(refusals))
