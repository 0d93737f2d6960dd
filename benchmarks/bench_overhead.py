"""What `ungil bench` itself costs, of what it measures.

    python benchmarks/bench_overhead.py [--python PYTHON] [--rounds 12] [WORKLOAD ...]

In each round, in turn and in a process each, the same interpreter does the same pieces twice:

    bare     by a plain loop, or a plain pool of the standard library, with a clock around it;
    sample   as `ungil bench` takes one sample.

Both warm up on the same items. What a sample takes longer than the bare loop is the harness.
Of the work itself that cannot be told from noise: two runs of the same second differ by more
than a hundredth of it, on any machine that does something else as well. So the same items are
also sent through a function that does nothing, three times as often, where only the harness is
left. Each line has

    the workload's seconds (median);
    what the harness adds to as many empty items (median of the rounds, with its interval, see
    `ungil.bench.estimates`), and how much of the workload's time that is: the verdict;
    sample over bare of the work itself, for what would only show where something is done.

The seconds that a process takes to start are told by no sample, and are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from ungil.bench.asking import bench
from ungil.bench.builds import builds
from ungil.bench.estimates import estimate, ratio
from ungil.bench.machine import machine
from ungil.bench.model import Build, Cell, Task
from ungil.bench.reference import names, reference
from ungil.interpreters import Interpreter, find, probe

SOURCES = Path(__file__).resolve().parents[1] / "src"
ARMS = ("serial", "threads", "processes")
MOST = 0.01
LIMIT = 300.0
NOTHING = "builtins:callable"  # of an item; nothing is faster
OFTENER = 3  # than the work it is done, since it takes so little time

Pairs = dict[Cell, tuple[list[float], list[float]]]

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

def main(name, module, parameters, arm, workers):
    home, _, name = name.partition(":")
    function = getattr(import_module(home), name)
    module = import_module(module)
    pools = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}
    pool = pools[arm](workers) if arm in pools else None
    items = list(module.items(**parameters))
    some = items[:: max(1, len(items) // max(workers, len(items) // 10))]
    if pool is not None:
        list(pool.map(time.sleep, [0.01] * workers))
    run(pool, function, cut(some, workers, 1))
    items = list(module.items(**parameters))
    pieces = cut(items, workers, getattr(module, "PIECE", None))
    began = time.perf_counter()
    run(pool, function, pieces)
    print(time.perf_counter() - began)
    if pool is not None:
        pool.shutdown()

if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
"""


def bare(build: Build, task: Task, cell: Cell, script: Path) -> float:
    """Seconds of the work without a harness."""
    home = task.items.partition(":")[0]
    asked = [task.function, home, dict(task.parameters), cell.arm, cell.workers]
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


def compare(build: Build, task: Task, cells: Sequence[Cell], rounds: int) -> Pairs:
    """Seconds of the samples, and of the bare loops of the same rounds."""
    found: Pairs = {cell: ([], []) for cell in cells}
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
                samples, others = found[cell]
                samples.append(outcome.sample.wall)
                others.append(alone)
    return found


def tell(build: Build, task: Task, cells: Sequence[Cell], rounds: int) -> None:
    """Measure, and print a line for each cell."""
    empty = replace(task, function=NOTHING, check="", coroutine="")
    added = compare(build, empty, cells, OFTENER * rounds)
    for cell, (samples, others) in compare(build, task, cells, rounds).items():
        work = median(samples)
        cost = estimate([one - other for one, other in zip(*added[cell], strict=True)])
        verdict = "unclear"
        if cost.apart_from(MOST * work):
            verdict = "below 1 %" if cost.value < MOST * work else "above 1 %"
        whole = ratio(samples, others)
        print(
            f"{task.name:14} {cell!s:20} {work:7.3f} s   "
            f"{cost.value * 1e6:+7.0f} µs ({cost.low * 1e6:.0f} to {cost.high * 1e6:.0f}), "
            f"{cost.value / work:+.3%}: {verdict}   "
            f"{whole.value:.3f} ({whole.low:.3f} to {whole.high:.3f})",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="default: all")
    parser.add_argument("--python", help="default: the best free-threaded one, or this one")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--workers", type=int, default=max(1, int(machine().usable)))
    options = parser.parse_args()
    best: Interpreter | None = probe(options.python) if options.python else find()
    interpreter = best or probe(sys.executable)
    build = next(builds([interpreter]))
    print(f"{interpreter}; {options.rounds} rounds")
    for name in options.workloads or names():
        task = reference(name, parameters={})
        serial = Cell(build.label, "serial", 1)
        others = [Cell(build.label, arm, options.workers) for arm in ARMS[1:]]
        tell(build, task, [serial, *others], options.rounds)


if __name__ == "__main__":
    main()
