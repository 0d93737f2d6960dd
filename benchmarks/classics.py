"""How many schedules it takes to find the bugs of the classics, and to prove their twins.

    python benchmarks/classics.py [--only NAME,...] [--seeds 5] [--schedules 10000]
        [--seconds 10] [--peers PYTHON] [--stress SECONDS] [--stress-by PYTHON] [--twins]

The programs are those in `tests/races/classics`. What is looked for, and printed as tables:

    first failure   by each strategy, from the first schedule on (those that teach what is
                    shared count, too): the median of the seeds, and the seconds that takes;
                    >N if none of N failed, in at most --seconds, and "none in all" if the tool
                    says that those were all.
    proof           how many schedules `dpor` needs to prove the corrected twin.
    stress          plain threads, as `ungil race explore --strategy stress` runs them, for at
                    most so many seconds; by a PYTHON whose environment has greenlet.
    peers           frontrun and interleave-test; PYTHON is an interpreter whose environment
                    has them and greenlet. A tool that reports the corrected twin as well, in at
                    most 300 schedules and 3 seconds, has found nothing: "twin, too".

With --twins nothing of this, but each corrected twin has to survive --schedules of each
strategy.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "explore_programs" / "classic.py"
CLASSICS = HERE.parent / "tests" / "races" / "classics"

STRATEGIES = ("random", "pct", "pos", "dpor")
PEERS = ("frontrun-dpor", "frontrun-random", "interleave-test-random", "interleave-test-pct")

Results = list[dict[str, Any]]


def names() -> list[str]:
    """Those of the classics; modules that only help them have no `racy`."""
    return [
        one.stem
        for one in sorted(CLASSICS.glob("*.py"))
        if "def racy()" in one.read_text(encoding="utf-8")
    ]


class Looking:
    """How much it may take."""

    def __init__(self, schedules: int, seconds: float, seeds: int) -> None:
        self.schedules = schedules
        self.seconds = seconds
        self.seeds = range(seeds)

    def by(self, python: str, tool: str, name: str, which: str = "racy") -> Results:
        """What one tool finds, in a process of its own; empty if it does not come back."""
        # frontrun has to be there before the standard library's locks are.
        before = [str(Path(python).with_name("frontrun"))] if tool.startswith("frontrun") else []
        seeds = self.seeds[:1] if tool.endswith("dpor") or tool == "stress" else self.seeds
        limits = [str(self.schedules), str(self.seconds)]
        try:
            done = subprocess.run(
                [*before, python, str(SCRIPT), tool, name, which, *limits, *map(str, seeds)],
                env={**os.environ, "PYTHONPATH": str(HERE.parent / "src")},
                capture_output=True,
                text=True,
                timeout=60 + 5 * self.seconds * len(seeds),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return []
        if done.returncode:
            print(f"{tool} on {name}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            return []
        found: Results = json.loads(done.stdout.splitlines()[-1])
        return found


def said(results: Results) -> str:
    """A cell: how many schedules, and how many seconds."""
    results = [one for one in results if one["schedules"]]
    if not results:
        return "–"
    # One that found nothing comes behind all that did.
    ordered = sorted(results, key=lambda one: (one["found"] is None, one["schedules"]))
    middle = ordered[len(ordered) // 2]
    seconds = statistics.median(one["seconds"] for one in results)
    found = middle["found"] is not None
    more = "" if found else "none in all " if middle["complete"] else ">"
    return f"{more}{middle['schedules']:,} ({seconds:.2g} s)"


def proof(results: Results) -> str:
    """A cell: how many schedules a proof took."""
    if not results:
        return "–"
    (one,) = results
    if one["found"] is not None:
        return f"fails: {one['text']}"
    return f"{one['schedules']:,}" if one["complete"] else f">{one['schedules']:,}"


def by_peer(looking: Looking, python: str, tool: str, name: str) -> str:
    """A cell."""
    racy = looking.by(python, tool, name)
    if any(one["found"] for one in racy):
        fixed = Looking(300, 3, 1).by(python, tool, name, "fixed")
        if any(one["found"] for one in fixed):
            return "twin, too"
    return said(racy)


def print_row(cells: Sequence[str]) -> None:
    """As Markdown."""
    print("|", " | ".join(cells), "|", flush=True)


def rows(options: argparse.Namespace) -> Iterator[list[str]]:
    """One for each program."""
    looking = Looking(options.schedules, options.seconds, options.seeds)
    for name in options.only.split(",") if options.only else names():
        row = [name]
        row += [said(looking.by(sys.executable, f"ungil-{one}", name)) for one in STRATEGIES]
        row.append(proof(looking.by(sys.executable, "ungil-dpor", name, "fixed")))
        if options.stress:
            stress = Looking(options.schedules, options.stress, 1)
            row.append(said(stress.by(options.stress_by, "stress", name)))
        if options.peers:
            row += [by_peer(looking, options.peers, one, name) for one in PEERS]
        yield row


def twins(options: argparse.Namespace) -> None:
    """Let each survive."""
    looking = Looking(options.schedules, options.seconds, options.seeds)
    for name in options.only.split(",") if options.only else names():
        cells = [name]
        for strategy in STRATEGIES:
            found = looking.by(sys.executable, f"ungil-{strategy}", name, "fixed")
            cells.append(next((one["text"] for one in found if one["found"]), said(found)))
        print_row(cells)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="NAME,...")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--peers", metavar="PYTHON")
    parser.add_argument("--stress", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--stress-by", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--twins", action="store_true")
    options = parser.parse_args()
    if options.twins:
        print_row(["twin", *STRATEGIES])
        print_row(["---"] * 5)
        twins(options)
        return
    heads = ["program", *STRATEGIES, "proof"]
    heads += ["stress"] if options.stress else []
    heads += PEERS if options.peers else []
    print_row(heads)
    print_row(["---"] * len(heads))
    for row in rows(options):
        print_row(row)


if __name__ == "__main__":
    main()
