"""`ungil race` against plain Python, and against other tools, in one run.

    python benchmarks/race.py [--python PYTHON]… [--peers PYTHON] [--rounds 5] [--only loops,…]

What is measured:

    loops    what a step of small loops of one thread takes, watched and plain, by the
             program's own count of CPU time after warm-up. Wanted: at most 3 times for
             attributes and dicts.
    memory   the peak of a program that holds 200000 small objects and dicts. At most 3 times.
    scaling  what two threads do on data that only each of them has, against one; only on
             free-threaded builds. At least 1.6 times. Beside it, what two processes do
             against one, which is what the machine has to give, and the threads against
             the processes.
    start    an empty script, and one that imports 9000 lines, with an empty cache and again.
    finds    racy programs of `tests/races/corpus` and their corrected twins.

With `--peers`, an interpreter whose environment has pyvft, threadcheck, raceguard, frontrun
and interleave-test, the loops are also run by the first three, on that interpreter, and the
racy programs by all. Wanted: pyvft's slow-down at least 20 times ours, and all that they find.

In each round all take turns, so each ratio is the median of ratios within rounds, and a
machine that grows slower does not count. Interpreters need no ungil installed, but its native
core has to be built in this tree for each of them. Needs a POSIX system.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "races"))

from marked import CORPUS, Program, programs

from ungil.cli.race_report import report_of
from ungil.config import Config
from ungil.interpreters import Interpreter, probe
from ungil.races.journal import read
from ungil.races.settings import Settings
from ungil.reports import render

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PROGRAMS = HERE / "race_programs"
LOOPS = ("attributes", "dicts", "lists", "variables", "objects", "locks", "ordinary")
SECTIONS = ("loops", "memory", "scaling", "start", "finds")
WORK = ("attributes", "dicts", "lists", "objects")
PEERS = ("pyvft", "threadcheck", "raceguard")
SCHEDULERS = ("frontrun", "interleave-test")
HISTORY = 100_000
PATIENCE = 120.0
TRIES = 3  # what they find depends on how the threads happen to run
SLOWED = 1.2  # what is not slowed down so much is not watched
PEER_ROUNDS = 2  # they take long

RACES = (
    "lost_update_attribute",
    "lost_update_global",
    "lost_update_nonlocal",
    "lost_update_dict_item",
    "check_then_act_dict_key",
    "check_then_delete_key",
    "check_then_add_to_set",
    "check_then_use_attribute",
    "check_length_then_pop",
    "double_init_property",
    "double_init_global",
    "iterate_dict_while_stored",
    "shared_generator_in_loops",
    "torn_read_sensor",
    "unordered_writes_attribute",
    "lock_order_two",
)

Rows = dict[str, float]
"""What a program printed: a number for each name."""


@dataclass
class Bench:
    """Where programs run, and how.

    Attributes:
        folder: Scratch; of this run alone.
        rounds: How often everything is done.
        counted: Runs so far; each has its own journal.
    """

    folder: Path
    rounds: int
    counted: int = field(default=0)

    def plain(self, python: Path, program: Sequence[str], cwd: Path = PROGRAMS) -> str:
        """Run a program by plain Python."""
        return self.run([str(python), *program], cwd)

    def watched(
        self, python: Path, program: Sequence[str], *, history: int = 0, cold: bool = False
    ) -> str:
        """Run one of this folder as `ungil race` does."""
        _, command = self.watching(python, program, PROGRAMS, history, cold=cold)
        return self.run(command, PROGRAMS)

    def watching(
        self,
        python: Path,
        program: Sequence[str],
        cwd: Path,
        history: int = 0,
        *,
        cold: bool = False,
    ) -> tuple[Path, list[str]]:
        """A new journal, and the command that `ungil race` would run."""
        self.counted += 1
        journal = self.folder / f"journal-{self.counted}"
        journal.mkdir()
        cache = self.folder / (f"cache-{self.counted}" if cold else "cache")
        settings = Settings(str(cwd), history=history, cache=str(cache))
        command = [str(python), "-m", "ungil.races.program", str(journal), settings.to_json()]
        return journal, [*command, "--", *program]

    def run(self, command: Sequence[str], cwd: Path, patience: float = PATIENCE) -> str:
        """What a command printed, on both of its outputs; until patience is over, if it goes on."""
        try:
            done = subprocess.run(
                command,
                cwd=cwd,
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            return (error.output or b"").decode(errors="replace")
        return done.stdout.decode(errors="replace")

    def environment(self) -> dict[str, str]:
        """As it is, but for what is said to Python."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        kept["PYTHONPATH"] = str(ROOT / "src")
        kept["UNGIL_CACHE_DIR"] = str(self.folder / "cache")
        kept["PYTHONPYCACHEPREFIX"] = str(self.folder / "bytecode")
        return kept


def rows(printed: str) -> Rows:
    """The lines that are a number and a name."""
    found: Rows = {}
    for line in printed.splitlines():
        number, _, name = line.partition(" ")
        try:
            found[name] = float(number)
        except ValueError:
            continue  # what a tool says itself
    return found


def middle(values: Iterable[float]) -> float:
    """Their median; not a number if there are none."""
    known = list(values)
    return statistics.median(known) if known else float("nan")


def table(title: str, heads: Sequence[str], lines: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Print one, and flush: a run takes minutes."""
    print(f"\n{title}\n{'':36}" + "".join(f"{head:>17}" for head in heads))
    for name, cells in lines:
        print(f"{name:36}" + "".join(f"{cell:>17}" for cell in cells), flush=True)


def times(value: float) -> str:
    """A ratio; nothing where there is none."""
    return "" if math.isnan(value) else f"{value:.2f}x"


# Loops.


def command_of(bench: Bench, arm: str, python: Path, program: str) -> list[str]:
    """How a program of this folder is run, plain or by a tool."""
    return {
        "plain": lambda: [str(python), program],
        "ungil": lambda: bench.watching(python, [program], PROGRAMS)[1],
        "pyvft": lambda: [str(python), "-m", "pyvft", "--no-colour", program],
        "threadcheck": lambda: [str(python), "-m", "threadcheck", "run", program],
        "raceguard": lambda: [
            *(str(python), "guarded.py", "loops", program.removesuffix(".py")),
        ],
    }[arm]()


def loops(bench: Bench, python: Interpreter, peers: Sequence[str]) -> None:
    """What a step takes, and how many times that by whom it is watched."""
    arms = ("plain", "ungil", *peers)
    taken = _taken(bench, python.path, arms)
    ratios = {
        name: {
            arm: middle(
                one / plain for one, plain in zip(row.get(arm, ()), row["plain"], strict=False)
            )
            for arm in arms[1:]
        }
        for name, row in taken.items()
    }
    table(
        f"loops, {python}: nanoseconds for a step, and how many times that when watched\n"
        "(nothing: it fails, or raceguard has no object that it could wrap)",
        arms,
        (
            (name, [f"{middle(taken[name]['plain']):.1f}", *map(times, row.values())])
            for name, row in ratios.items()
        ),
    )
    for group in LOOPS:
        ours = [row["ungil"] for name, row in ratios.items() if name.startswith(f"{group} ")]
        mean, most = statistics.geometric_mean(ours), max(ours)
        print(f"{group}: {mean:.2f}x (geometric mean), {most:.2f}x at most")
    for peer in peers:
        compare(
            peer,
            [(row["ungil"], row[peer]) for row in ratios.values() if not math.isnan(row[peer])],
        )


def _taken(bench: Bench, python: Path, arms: Sequence[str]) -> dict[str, dict[str, list[float]]]:
    """For each loop and arm the nanoseconds of each round."""
    found: dict[str, dict[str, list[float]]] = {}
    for number, program in itertools.product(range(bench.rounds), LOOPS):
        for arm in arms:
            if arm in PEERS and number >= PEER_ROUNDS:
                continue
            # threadcheck compares all accesses with each other in the end; what it printed
            # until then is what counts.
            command = command_of(bench, arm, python, f"{program}.py")
            printed = bench.run(command, PROGRAMS, 45 if arm in PEERS else PATIENCE)
            for name, taken in rows(printed).items():
                found.setdefault(f"{program} {name}", {}).setdefault(arm, []).append(taken)
    return found


def compare(peer: str, both: Sequence[tuple[float, float]]) -> None:
    """Two tools on the same loops."""
    seen = [(own, other) for own, other in both if other >= SLOWED]
    for what, some in (("all", both), ("those that it slows down", seen)):
        if not some:
            continue
        own, other = (statistics.geometric_mean(side) for side in zip(*some, strict=True))
        added = statistics.geometric_mean(
            max(other - 1, 0.01) / max(own - 1, 0.01) for own, other in some
        )
        print(
            f"{peer}, {what} ({len(some)} loops, geometric means): {other:.1f}x where ungil has "
            f"{own:.2f}x: {other / own:.1f} times ours; what is added: {added:.1f} times ours"
        )


# Memory, scaling, start.


def memory(bench: Bench, python: Interpreter) -> None:
    """The peak of a program with many objects."""
    found: dict[str, list[float]] = {}
    for _ in range(bench.rounds):
        for arm, printed in (
            ("plain", bench.plain(python.path, ["memory.py"])),
            ("watched", bench.watched(python.path, ["memory.py"])),
            (
                f"--history {HISTORY}",
                bench.watched(python.path, ["memory.py"], history=HISTORY),
            ),
        ):
            found.setdefault(arm, []).extend(rows(printed).values())
    plain = middle(found["plain"])
    table(
        f"memory, {python}: MiB at the peak, 200000 objects and dicts",
        ("MiB", "ratio"),
        ((arm, (f"{middle(one):.0f}", times(middle(one) / plain))) for arm, one in found.items()),
    )


def scaling(bench: Bench, python: Interpreter) -> None:
    """Two threads against one, and against two processes."""
    lines: list[tuple[str, Sequence[str]]] = []
    for work in WORK:
        for arm in ("plain", "watched"):
            ratios: list[tuple[float, float, float]] = []
            for _ in range(bench.rounds):
                one = _rate(bench, python.path, arm, work, threads=1)
                two = _rate(bench, python.path, arm, work, threads=2)
                apart = _rate(bench, python.path, arm, work, threads=1, processes=2)
                ratios.append((two / one, apart / one, 2 * two / apart))
            cells = [times(middle(one)) for one in zip(*ratios, strict=True)]
            lines.append((f"{work}, {arm}", cells))
    table(
        f"scaling, {python}: how much more is done in the same time",
        ("two threads", "two processes", "2 x t./p."),
        lines,
    )


def _rate(
    bench: Bench, python: Path, arm: str, work: str, *, threads: int, processes: int = 1
) -> float:
    running = []
    for _ in range(processes):
        program = ["scaling.py", work, str(threads), "0.6"]
        command = [str(python), *program]
        if arm == "watched":
            _, command = bench.watching(python, program, PROGRAMS)
        running.append(
            subprocess.Popen(
                command, cwd=PROGRAMS, env=bench.environment(), stdout=subprocess.PIPE, text=True
            )
        )
    return sum(sum(rows(one.communicate()[0]).values()) for one in running)


def start(bench: Bench, python: Interpreter) -> None:
    """What it takes until the program runs, and to import much."""
    large = bench.folder / "large"
    large.mkdir(exist_ok=True)
    shutil.copy(PROGRAMS / "empty.py", large / "empty.py")
    source = bench.plain(python.path, ["-c", "import _pydecimal; print(_pydecimal.__file__)"])
    shutil.copy(source.strip(), large / "large_decimal.py")
    source = bench.plain(python.path, ["-c", "import argparse; print(argparse.__file__)"])
    shutil.copy(source.strip(), large / "large_argparse.py")
    (large / "large.py").write_text("import large_argparse, large_decimal\n")
    # The whole command needs what ungil depends on, which only this interpreter surely has.
    kinds = ("child", "whole") if python.path == probe(sys.executable).path else ("child",)
    lines: list[tuple[str, Sequence[str]]] = []
    for script, kind in itertools.product(("empty.py", "large.py"), kinds):
        found: dict[str, list[float]] = {}
        for number in range(bench.rounds + 1):
            for arm in ("plain", "cold", "warm"):
                command = [str(python.path), script]
                if arm != "plain":
                    _, command = bench.watching(python.path, [script], large, cold=arm == "cold")
                    if kind == "whole":
                        again = ["--no-cache"] if arm == "cold" else []
                        command = [str(python.path), "-m", "ungil", "race", *again, script]
                began = time.perf_counter()
                bench.run(command, large)
                if number:  # the first writes bytecode
                    found.setdefault(arm, []).append((time.perf_counter() - began) * 1e3)
        plain = middle(found["plain"])
        added = [f"+{middle(found[arm]) - plain:.0f}" for arm in ("cold", "warm")]
        name = f"{script}, with its report" if kind == "whole" else script
        lines.append((name, (f"{plain:.0f}", *added)))
    table(
        f"start, {python}: milliseconds, and what the watch adds",
        ("plain", "empty cache", "cached"),
        lines,
    )


# What is found.


@dataclass(frozen=True)
class Verdict:
    """What a tool says of a racy program and of its twin."""

    racy: str
    twin: str

    def __str__(self) -> str:
        return self.racy if not self.twin else f"{self.racy}, {self.twin}"


def finds(bench: Bench, python: Interpreter, peers: Sequence[str]) -> None:
    """What each tool finds; read from its own report."""
    known = {program.name: program for program in programs()}
    tools: dict[str, Callable[[Program], str]] = {
        "ungil": lambda program: by_ungil(bench, python.path, program)
    }
    for peer in peers:
        tools[peer] = _peer_finds(bench, python.path, peer)
    lines: list[tuple[str, Sequence[str]]] = []
    totals = dict.fromkeys(tools, 0)
    for name in RACES:
        racy, fixed = known[f"{name}/racy"], known[f"{name}/fixed"]
        verdicts = {tool: Verdict(say(racy), say(fixed)) for tool, say in tools.items()}
        for tool, verdict in verdicts.items():
            totals[tool] += verdict.racy == "found"
        lines.append(
            (name, [_mark(verdict) for verdict in verdicts.values()]),
        )
    lines.append(("found", [f"{total} of {len(RACES)}" for total in totals.values()]))
    table(
        f"finds, {python}: racy programs (+: found at its line; other: only something at another "
        "line;\n-: nothing; twin: says as much of the corrected program)",
        list(tools),
        lines,
    )


def _mark(verdict: Verdict) -> str:
    racy = {"found": "+", "": "-"}.get(verdict.racy, verdict.racy)
    return f"{racy} twin" if verdict.twin not in {"", NO_TEST} else racy


NO_TEST = "no invariant"


def by_ungil(bench: Bench, python: Path, program: Program) -> str:
    """Found, something else, or nothing; by its report."""
    journal, command = bench.watching(python, [str(program.path)], program.path.parent)
    bench.run(command, program.path.parent, 60)
    report = json.loads(render(report_of(read(journal), program.path.name, Config()), "json"))
    complaints = program.complaints(report)
    if program.expected:
        return "other" if complaints and not _none(complaints) else "" if complaints else "found"
    return "other" if complaints else ""


def _none(complaints: Sequence[str]) -> bool:
    return len(complaints) == 1 and complaints[0].startswith("not found")


def _peer_finds(bench: Bench, python: Path, peer: str) -> Callable[[Program], str]:
    if peer in SCHEDULERS:
        return lambda program: by_scheduler(bench, python, peer, program)
    return lambda program: by_peer(bench, python, peer, program)


def by_peer(bench: Bench, python: Path, peer: str, program: Program) -> str:
    """Found, something else, or nothing, in the best of some runs; by the lines that it printed."""
    command = (
        [str(python), str(PROGRAMS / "guarded.py"), "races", str(program.path)]
        if peer == "raceguard"
        else command_of(bench, peer, python, program.path.name)
    )
    lines: set[int] = set()
    for _ in range(TRIES):
        lines |= LINES[peer](bench.run(command, program.path.parent, 60), program.path.name)
        if lines & set(program.expected):
            return "found"
    return "other" if lines else ""


def _pyvft(printed: str, name: str) -> set[int]:
    """The innermost line of the program in each access; what called it is none."""
    lines: set[int] = set()
    for access in re.split(r"\n  Access ", printed)[1:]:
        own = re.findall(rf'File "[^"]*{re.escape(name)}", line (\d+)', access)
        lines.update(map(int, own[-1:]))
    return lines


def _located(printed: str, name: str) -> set[int]:
    """All that is written as `file:line`."""
    return set(map(int, re.findall(rf"{re.escape(name)}:(\d+)", printed)))


LINES: dict[str, Callable[[str, str], set[int]]] = {
    "pyvft": _pyvft,
    "threadcheck": _located,
    "raceguard": _located,
}


def by_scheduler(bench: Bench, python: Path, tool: str, program: Program) -> str:
    """Whether its test fails in a schedule; a test is needed, which says what should hold."""
    script = str(PROGRAMS / "scheduled.py")
    command = [str(python), script, tool, str(program.path)]
    if tool == "frontrun":
        command = [str(python.with_name("frontrun")), *command]
    printed = bench.run(command, program.path.parent, 60)
    if "no test" in printed:
        return NO_TEST
    said = re.search(r"^failure: (.+)", printed, re.MULTILINE)
    return "found" if said and not re.search("timed out|stuck", said[0]) else ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--python", action="append", help="default: this one; repeatable")
    parser.add_argument("--peers", metavar="PYTHON", help="one that has the other tools")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(SECTIONS), help="of: " + ", ".join(SECTIONS))
    options = parser.parse_args()
    sections = options.only.split(",")
    interpreters = [probe(one) for one in options.python or [sys.executable]]
    peers = probe(options.peers) if options.peers else None
    print(f"{options.rounds} rounds; corpus: {CORPUS.relative_to(ROOT)}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.rounds)
        for python in [*interpreters, *([peers] if peers else [])]:
            if "native core" in bench.watched(python.path, ["empty.py"]):
                print(f"{python}: without the native core")
            if "loops" in sections:
                loops(bench, python, PEERS if python is peers else ())
            if "memory" in sections:
                memory(bench, python)
            if "scaling" in sections and python.python.free_threaded:
                scaling(bench, python)
            if "start" in sections:
                start(bench, python)
            if "finds" in sections:
                finds(bench, python, (*PEERS, *SCHEDULERS) if python is peers else ())


if __name__ == "__main__":
    main()
