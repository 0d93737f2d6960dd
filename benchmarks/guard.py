"""The guard and the watch of `ungil run`, against plain python.

    python benchmarks/guard.py [--python PYTHON] [--rounds 40]

In each round, in turn and in a process each, the same interpreter runs the same
programs three times over:

    plain   plain python;
    guard   the program begins by importing ungil and entering `ungil.guard()`;
    watch   as `ungil run` starts it: the journal is kept.

The programs are

    start   nothing: what is measured is the start;
    import  every extension module of the standard library that there is a file of,
            after a plain import of all that they import in turn, so that little
            else is measured: what each creation costs;
    work    pure Python for a quarter of a second after its modules are imported:
            what it costs afterwards.

Start and import are measured from outside, as wall-clock and CPU time of the whole
process; work is measured inside, without the start. Each line is the median of
the rounds, and each difference or ratio the median of those of the rounds, so that
a machine that grows slower does not count. Bytecode is written before and read in
every round, as for an installed package. Needs a POSIX system.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ungil.interpreters import Interpreter, find, probe

SOURCES = Path(__file__).resolve().parents[1] / "src"
ARMS = ("plain", "guard", "watch")
GUARD = "import ungil; guard = ungil.guard(); guard.__enter__()\n"

START = "pass\n"
IMPORT = """
import importlib, os, sys, sysconfig
folder = os.path.join(sysconfig.get_path("platstdlib"), "lib-dynload")
names = sorted({name.partition(".")[0] for name in os.listdir(folder) if name.startswith("_")})
for name in names:
    if "test" not in name and name not in {"_tkinter", "_xxsubinterpreters"}:
        try:
            importlib.import_module(name)
        except ImportError:
            pass
"""
WORK = """
import time
def work():
    seen = {}
    for number in range(400):
        seen[number % 17] = seen.get(number % 17, 0) + number * number % 11
    return ",".join(map(str, seen.values()))
for _ in range(300):
    work()
began, units = time.perf_counter(), 0
while time.perf_counter() - began < 0.25:
    work()
    units += 1
print((time.perf_counter() - began) / units)
"""


class Arms:
    """The three ways to run one program."""

    def __init__(self, python: Path, folder: Path) -> None:
        self.python = python
        self.journal = folder / "journal"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        kept["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        watching = {
            "PYTHONPATH": str(SOURCES / "ungil" / "runtime" / "startup"),
            "UNGIL_JOURNAL": str(self.journal),
            "UNGIL_ON_GIL": "report",
        }
        path = {"PYTHONPATH": str(SOURCES)}
        self.environments = {"plain": {**kept, **path}, "guard": {**kept, **path}}
        self.environments["watch"] = {**kept, **watching}

    def run(self, arm: str, program: str) -> tuple[float, float, str]:
        """Wall-clock and CPU seconds, and what it printed."""
        self.journal.write_bytes(b"")
        code = GUARD + program if arm == "guard" else program
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        done = subprocess.run(
            [self.python, "-c", code],
            env=self.environments[arm],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return wall, cpu, done.stdout


def measure(arms: Arms, program: str, rounds: int) -> dict[str, list[tuple[float, float, str]]]:
    """What each arm took in each round, and printed."""
    found: dict[str, list[tuple[float, float, str]]] = {arm: [] for arm in ARMS}
    for arm in ARMS:
        arms.run(arm, program)  # writes bytecode, and warms the page cache
    for number in range(rounds):
        # Whoever comes first in a round is not always the same.
        for arm in (*ARMS[number % 3 :], *ARMS[: number % 3]):
            found[arm].append(arms.run(arm, program))
    return found


def spread(values: list[float]) -> str:
    """The median, and between what the middle half of the values lies."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:8.2f} ({low:.2f} to {high:.2f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--python", help="default: the best free-threaded one, or this one")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    best: Interpreter | None = probe(options.python) if options.python else find()
    interpreter = best or probe(sys.executable)
    print(f"{interpreter}; {options.rounds} rounds; median (and middle half)")
    with tempfile.TemporaryDirectory() as folder:
        arms = Arms(interpreter.path, Path(folder))
        for name, program in (("start", START), ("import", IMPORT)):
            found = measure(arms, program, options.rounds)
            for what, at in (("wall", 0), ("CPU", 1)):
                times = {arm: [float(seen[at]) * 1e3 for seen in found[arm]] for arm in ARMS}
                line = f"{name:7}{what:5}plain{spread(times['plain'])} ms"
                for arm in ARMS[1:]:
                    more = [a - b for a, b in zip(times[arm], times["plain"], strict=True)]
                    line += f"   {arm} +{spread(more).strip()}"
                print(line)
        found = measure(arms, WORK, options.rounds)
        units = {arm: [float(printed) for _, _, printed in found[arm]] for arm in ARMS}
        line = "work   ratio to plain, after the start:"
        for arm in ARMS[1:]:
            ratios = [a / b for a, b in zip(units[arm], units["plain"], strict=True)]
            line += f"   {arm}{spread(ratios)}"
        print(line)


if __name__ == "__main__":
    main()
