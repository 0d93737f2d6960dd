"""What `ungil bench` itself costs, of what it measures.

    python benchmarks/bench_overhead.py [--python PYTHON] [--rounds 21] [WORKLOAD ...]

In each round, in turn and in a process each, the same interpreter does the same work twice:

    bare     a plain loop, or a plain pool of the standard library, with a clock around it;
    sample   one sample, as `ungil bench` takes it.

Both get the same pieces of work at the default sizes, and warm up on the same items. Each line
is the median of the rounds' ratios, with its interval (see `ungil.bench.estimates`): a machine
that grows slower makes both slower. What a sample does beside the work (its clocks, its results,
the watch for what switches the GIL on) is to cost less than one per cent of the time that it
tells. The seconds that the process takes to start are told by no sample, and are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ungil.bench.asking import bench
from ungil.bench.builds import builds
from ungil.bench.estimates import ratio
from ungil.bench.machine import machine
from ungil.bench.model import Build, Cell, Task
from ungil.bench.reference import names, reference
from ungil.interpreters import Interpreter, find, probe

SOURCES = Path(__file__).resolve().parents[1] / "src"
ARMS = ("serial", "threads", "processes")
MOST = 1.01
LIMIT = 300.0

BARE = """
import json, sys, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from importlib import import_module

def do(function, items):
    return [function(item) for item in items]

def cut(items, workers, size):
    size = size or max(1, -(-len(items) // (workers * 4)))
    return [items[at : at + size] for at in range(0, len(items), size)]

def run(pool, function, pieces):
    if pool is None:
        return [do(function, piece) for piece in pieces]
    return [one.result() for one in [pool.submit(do, function, piece) for piece in pieces]]

def main(module, parameters, arm, workers):
    module = import_module(module)
    pools = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}
    pool = pools[arm](workers) if arm in pools else None
    items = list(module.items(**parameters))
    some = items[:: max(1, len(items) // max(workers, len(items) // 10))]
    if pool is not None:
        list(pool.map(time.sleep, [0.01] * workers))
    run(pool, module.task, cut(some, workers, 1))
    items = list(module.items(**parameters))
    pieces = cut(items, workers, getattr(module, "PIECE", None))
    began = time.perf_counter()
    run(pool, module.task, pieces)
    print(time.perf_counter() - began)
    if pool is not None:
        pool.shutdown()

if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
"""


def bare(build: Build, task: Task, cell: Cell, script: Path) -> float:
    """Seconds of the work without a harness."""
    asked = [task.function.partition(":")[0], dict(task.parameters), cell.arm, cell.workers]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"PYTHONPATH": str(SOURCES), "PYTHONHASHSEED": "0"}
    environment["PYTHONPYCACHEPREFIX"] = str(script.parent / "compiled")
    done = subprocess.run(
        [build.program, script, json.dumps(asked)],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        timeout=LIMIT,
    )
    return float(done.stdout)


def compare(build: Build, task: Task, cells: Sequence[Cell], rounds: int) -> None:
    """Measure, and print a line for each cell."""
    found: dict[Cell, list[tuple[float, float]]] = {cell: [] for cell in cells}
    with bench(task, LIMIT) as where:
        script = where.folder / "bare.py"
        script.write_text(BARE, "utf-8")
        for number in range(rounds):
            for cell in cells:
                # Who comes first is not always the same.
                first = bare(build, task, cell, script) if number % 2 else None
                outcome = where.sample(build, cell)
                if outcome.sample is None:
                    sys.exit(f"{task.name} {cell}: {outcome.problem}")
                alone = bare(build, task, cell, script) if first is None else first
                found[cell].append((outcome.sample.wall, alone))
    for cell, pairs in found.items():
        cost = ratio([wall for wall, _ in pairs], [alone for _, alone in pairs])
        verdict = "unclear"
        if cost.apart_from(MOST):
            verdict = "below 1 %" if cost.value < MOST else "above 1 %"
        print(
            f"{task.name:14} {cell!s:24} {pairs[0][0]:7.3f} s   "
            f"{cost.value:.4f} ({cost.low:.4f} to {cost.high:.4f})   {verdict}",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="default: all")
    parser.add_argument("--python", help="default: the best free-threaded one, or this one")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--workers", type=int, default=max(1, int(machine().usable)))
    options = parser.parse_args()
    best: Interpreter | None = probe(options.python) if options.python else find()
    interpreter = best or probe(sys.executable)
    build = next(builds([interpreter]))
    print(f"{interpreter}; {options.rounds} rounds; sample over bare, median (and interval)")
    for name in options.workloads or names():
        task = reference(name, parameters={})
        serial = Cell(build.label, "serial", 1)
        others = [Cell(build.label, arm, options.workers) for arm in ARMS[1:]]
        compare(build, task, [serial, *others], options.rounds)


if __name__ == "__main__":
    main()
