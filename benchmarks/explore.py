"""`ungil race explore` against other tools that try schedules, in one run.

    python benchmarks/explore.py --peers PYTHON [--rounds 3] [--only speed,proofs,jobs]

PYTHON is an interpreter whose environment has greenlet, frontrun and interleave-test, and for
which this tree's native core was built. What is measured:

    speed    schedules in a second, of two threads that do three locked increments: each tool
             at random, by PCT and by DPOR, as it has them. In each round all take turns, and a
             ratio is the median of those within rounds. Wanted: at least 50 times. Last, how
             often threads as they are run it, in whatever schedule comes.
    proofs   how many schedules a completed DPOR needs, on small programs; frontrun without
             its bound of preemptions, and with it (2, its default). Wanted: no more.
    jobs     schedules in a second, in two processes and in one, with their start, of three
             threads that do three locked increments and one that does one: 20,000 at random,
             and by DPOR all 16,800 that differ. A ratio is the median of those within rounds.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "explore_programs" / "exploring.py"

PAIRS = (
    ("ungil-random", "interleave-test-random"),
    ("ungil-pct", "interleave-test-pct"),
    ("ungil-dpor", "frontrun-all"),
)

PEERS = {peer for _, peer in PAIRS}


def run(python: str, tool: str, number: int, schedules: int) -> dict[str, Any]:
    """What one tool did in a process of its own."""
    # frontrun has to be there before the standard library's locks are.
    before = [str(Path(python).with_name("frontrun"))] if tool.startswith("frontrun") else []
    done = subprocess.run(
        [*before, python, str(SCRIPT), tool, str(number), str(schedules)],
        env={**os.environ, "PYTHONPATH": str(HERE.parent / "src")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{tool} failed: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def rate(python: str, tool: str) -> float:
    """Schedules in a second; a completed search is repeated by nobody, so it is short."""
    found = run(python, tool, 0, 300 if tool in PEERS else 5000)
    return float(found["executions"] / found["seconds"])


def speed(python: str, rounds: int) -> None:
    """Print how fast each is."""
    print(f"{'':14}{'ungil':>12}{'peer':>12}{'ratio':>8}   schedules in a second")
    for ours, peer in PAIRS:
        pairs = [(rate(python, ours), rate(python, peer)) for _ in range(rounds)]
        ratio = statistics.median(one / other for one, other in pairs)
        one, other = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"{ours.removeprefix('ungil-'):14}{one:12,.0f}{other:12,.0f}{ratio:8.1f}   {peer}")
    plain = statistics.median(rate(python, "plain") for _ in range(rounds))
    print(f"{'no tool':26}{plain:12,.0f}")


def proofs(python: str) -> None:
    """Print how many schedules a proof takes."""
    print(f"{'':40}{'ungil':>8}{'frontrun':>10}{'bound 2':>9}")
    sys.path.insert(0, str(SCRIPT.parent))
    programs: dict[str, object] = importlib.import_module("small").PROGRAMS
    more = 0
    for number, name in enumerate(programs):
        ours = run(python, "ungil-dpor", number, 100_000)
        peer, bounded = (
            run(python, tool, number, 0)["executions"] for tool in ("frontrun-all", "frontrun")
        )
        if not ours["complete"]:
            sys.exit(f"{name}: not complete")
        more += ours["executions"] > peer
        print(f"{name:40}{ours['executions']:8,}{peer:10,}{bounded:9,}")
    print(f"more than frontrun without bound: {more} of {len(programs)}")


def jobs(python: str, rounds: int) -> None:
    """Print what a second process gains."""
    print(f"{'':14}{'1 job':>12}{'2 jobs':>12}{'ratio':>8}   schedules in a second")
    for strategy in ("random", "dpor"):
        pairs = []
        for _ in range(rounds):
            found = [run(python, f"ungil-{strategy}-{n}", 0, 20_000) for n in (1, 2)]
            pairs.append([one["executions"] / one["seconds"] for one in found])
        ratio = statistics.median(two / one for one, two in pairs)
        alone, both = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"{strategy:14}{alone:12,.0f}{both:12,.0f}{ratio:8.2f}")
        counts = " and ".join(f"{one['executions']:,}" for one in found)
        print(f"{'':14}{counts} of them")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", required=True, metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="speed,proofs,jobs")
    options = parser.parse_args()
    if "speed" in options.only:
        speed(options.peers, options.rounds)
    if "proofs" in options.only:
        proofs(options.peers)
    if "jobs" in options.only:
        jobs(options.peers, options.rounds)


if __name__ == "__main__":
    main()
