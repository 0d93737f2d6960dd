"""Run the corpus of racy programs and their twins many times, on any Python.

    python scripts/corpus_of_races.py --runs 20 --python python3.12 --python python3.14t

Each Python needs the native core, e.g. from `PYTHON -m pip install --no-deps -e .`; else
the reference watches, which is slow. What they saw is judged by the Python of this script.
Exit status 1 if one run of one program gave other findings than its marks say.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ungil import reports
from ungil.cli.race_report import report_of
from ungil.config import Config
from ungil.races.journal import read
from ungil.races.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "races"))

from marked import Program, programs  # noqa: E402 - the tests are no package


def complaints(python: str, program: Program) -> list[str]:
    """Run a program once, watched; what is wrong about it."""
    with tempfile.TemporaryDirectory() as journal:
        settings = Settings(str(program.path.parent)).to_json()
        command = [python, "-m", "ungil.races.program", journal, settings, "--", str(program.path)]
        try:
            done = subprocess.run(  # noqa: S603 - what this script is for
                command,
                cwd=program.path.parent,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
                capture_output=True,
                timeout=60,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ["it did not end"]
        report = report_of(read(Path(journal)), program.name, Config())
    wrong = program.complaints(json.loads(reports.render(report, "json", width=None)))
    return wrong if done.returncode == 0 else [*wrong, f"exit status {done.returncode}"]


def _version(python: str) -> tuple[int, ...]:
    code = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - a Python that the caller names
    return tuple(map(int, done.stdout.split()))


def main(pythons: Iterable[str], runs: int, jobs: int) -> int:
    """Run all on each, and print what is wrong."""
    status = 0
    os.chdir(ROOT)
    for python in pythons:
        version = _version(python)
        chosen = [one for one in programs() if version >= one.since] * runs
        with ThreadPoolExecutor(jobs) as pool:
            found = list(pool.map(lambda one, python=python: complaints(python, one), chosen))
        wrong = [
            (one.name, each) for one, several in zip(chosen, found, strict=True) for each in several
        ]
        print(f"{python}: {len(chosen)} runs, {len(wrong)} wrong", flush=True)
        for name, each in wrong:
            print(f"  {name}: {each}")
        status |= bool(wrong)
    return status


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", action="append", help="default: this one")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    sys.exit(main(options.python or [sys.executable], options.runs, options.jobs))
