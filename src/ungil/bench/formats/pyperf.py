"""What was measured in the JSON of pyperf, for its `compare_to`, `stats`, `show` and others.

The format is that of version 1.0 of its files (`pyperf/_bench.py` of pyperf 2.11, and
https://pyperf.readthedocs.io/en/latest/api.html): a suite of benchmarks, one for each cell; of
each a run for each round, since each sample had a process of its own. Values of metadata are
numbers or strings of one line that are not empty. It is written by ourselves, so that pyperf
need not be installed; see docs/dependencies.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ungil._version import __version__
from ungil.bench.model import Build, Machine, Result, Sample, Series
from ungil.findings import printable

__all__ = ["render"]

Metadata = dict[str, str | int | float]
Untidy = dict[str, str | int | float | None]


def render(results: Sequence[Result]) -> str:
    """A suite; there is no benchmark in it of a cell without samples."""
    suite: dict[str, object] = {
        "version": "1.0",
        "benchmarks": [benchmark for one in results for benchmark in _benchmarks(one)],
    }
    if results:
        suite["metadata"] = {**_machine(results[0].machine), "ungil_version": __version__}
    return json.dumps(suite, indent=1, sort_keys=True) + "\n"


def _benchmarks(result: Result) -> Iterator[dict[str, object]]:
    builds = {build.label: build for build in result.measured.builds}
    for series in result.measured.series:
        if series.samples:
            yield {
                "metadata": _named(result, series, builds[series.cell.build]),
                "runs": [_run(sample) for sample in series.samples],
            }


def _run(sample: Sample) -> dict[str, object]:
    metadata: Metadata = {
        "ungil_gil": "on" if sample.gil else "off",
        "ungil_items": sample.items,
        "ungil_start": sample.start,
    }
    if sample.cpu is not None:
        metadata["ungil_cpu"] = sample.cpu
    if sample.memory is not None:
        metadata["ungil_memory"] = sample.memory
    # A clock may stand still for so short a while, but pyperf wants something.
    return {
        "warmups": [[1, sample.warming]],
        "values": [max(sample.wall, 1e-9)],
        "metadata": metadata,
    }


def _named(result: Result, series: Series, build: Build) -> Metadata:
    cell = series.cell
    flags = [
        "free-threaded" if build.free_threaded else "GIL-enabled",
        *build.optimizations,
        *(["debug"] if build.debug else []),
    ]
    crowded = cell.workers > max(1.0, result.machine.usable)
    return _told(
        {
            "name": f"{result.measured.task.name} {cell}",
            "unit": "second",
            "loops": 1,
            "inner_loops": 1,
            "python_implementation": "cpython",
            "python_version": build.release,
            "python_executable": str(build.program),
            "python_build": ", ".join(flags),
            "python_gil": build.gil or "",
            "ungil_arm": cell.arm,
            "ungil_workers": cell.workers,
            "ungil_oversubscribed": "yes" if crowded else "",
            "ungil_refusal": "; ".join(result.refusals),
        }
    )


def _machine(machine: Machine) -> Metadata:
    turbo = {True: "turbo", False: "no turbo", None: ""}[machine.turbo]
    governor = f"governor:{machine.governor}" if machine.governor else ""
    return _told(
        {
            "cpu_model_name": machine.model,
            "cpu_count": machine.processors,
            "cpu_affinity": f"{machine.affinity} processors" if machine.affinity else "",
            "cpu_quota": f"{machine.quota:g} CPUs" if machine.quota else "",
            "cpu_config": ", ".join(filter(None, (governor, turbo))),
            "cgroup": machine.cgroup,
            "cpuset": machine.cpuset,
            "container": machine.container,
            "load_avg_1min": machine.load[0] if machine.load else None,
            "memory": machine.memory,
            "platform": machine.system,
        }
    )


def _told(metadata: Untidy) -> Metadata:
    """Without what is not known; strings in the form that pyperf accepts."""
    tidy = {
        name: " ".join(printable(value).split()) if isinstance(value, str) else value
        for name, value in metadata.items()
    }
    return {name: value for name, value in tidy.items() if value is not None and value != ""}
