"""Is every racy program of the corpus confirmed, and does no schedule of a twin fail?

    python scripts/confirm_corpus.py [--replays 100] [--python OTHER ...]
    python scripts/confirm_corpus.py --twins 10000

The first: each racy program is run under `ungil race` by the Python of this script. All that
is found has to be confirmed (but for UG410 and UG411, which say what was seen). Each schedule
has to fail as it did in each of the replays, each in a process of its own, on each OTHER; such a
Python needs greenlet and msgspec, and the native core in `src`.

The second: each twin has to survive so many schedules, half of them by PCT and half at random,
and is then explored exhaustively for as long as it may take; see `survives.py`.

Exits with 1 if anything is not so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from ungil.races.schedule import Request, read_recorded
from ungil.races.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "races"))

from marked import Program, programs  # noqa: E402 - the tests are no package

INFORMS = {"UG410", "UG411"}

PATIENCE = 300
"""Seconds, for `ungil race`."""

Result = tuple[bool, str]
"""Is it as it should be, and what is said of it?"""


def confirmed(program: Program, pythons: Sequence[str], replays: int) -> Result:
    """Find and confirm the races of a program, and replay each often."""
    with tempfile.TemporaryDirectory(prefix="ungil-") as temporary:
        folder = Path(
            shutil.copytree(program.path.parent, Path(temporary, program.path.parent.name))
        )
        command = [sys.executable, "-m", "ungil", "race", "--format", "json"]
        done = _run([*command, "--output", "report.json", program.path.name], folder)
        try:
            findings = json.loads((folder / "report.json").read_bytes())["findings"]
        except OSError:
            return False, f"no report: {done}"
        wanted = [one for one in findings if one["code"] not in INFORMS]
        wrong = [f"{one['code']}: {one['message']}" for one in wanted if not one["confirmed"]]
        files = sorted(folder.glob(".ungil/*.schedule.json"))
        wrong += [] if findings else ["nothing was found"]
        failed = dict.fromkeys(pythons, 0)
        for python in pythons:
            for file in files:
                other = list(_otherwise(python, file, replays))
                failed[python] += replays - len(other)
                wrong += [f"{file.name} on {python}: {one}" for one in dict.fromkeys(other)]
    of = len(files) * replays
    said = ", ".join(f"{count:,} of {of:,} replays fail on {one}" for one, count in failed.items())
    schedules = f"{len(files)} schedule" + "s" * (len(files) != 1)
    return not wrong, "\n  ! ".join([f"{schedules}; {said}" if said else schedules, *wrong])


def _otherwise(python: str, file: Path, replays: int) -> Iterator[str]:
    """What came of the replays that did not end as the schedule did."""
    folder, recorded = file.parents[1], read_recorded(file)
    request = Request(Settings(str(folder)).to_json(), file=str(file), carrier=recorded.carrier)
    command = [python, str(ROOT / "scripts" / "replays.py"), json.dumps(asdict(request))]
    with tempfile.TemporaryDirectory(prefix="ungil-") as answers:
        done = _run([*command, answers, str(replays)], folder, timeout=None)
        for number in range(replays):
            try:
                text = Path(answers, str(number), "result.json").read_bytes()
            except OSError:
                yield f"it said nothing: {done}"
                continue
            found: dict[str, Any] = json.loads(text)
            failure = found.get("failure")
            if failure is None or failure["kind"] != recorded.kind:
                told = failure and failure["text"]
                yield found["problem"] or found["hung"] or found["diverged"] or told or "it passes"


def survives(program: Program, schedules: int, seconds: int) -> Result:
    """Explore a twin, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="ungil-") as temporary:
        folder = Path(
            shutil.copytree(program.path.parent, Path(temporary, program.path.parent.name))
        )
        answer = Path(temporary, "answer.json")
        command = [sys.executable, str(ROOT / "scripts" / "survives.py"), program.path.name]
        done = _run([*command, str(schedules), str(seconds), str(answer)], folder, timeout=None)
        try:
            found: dict[str, Any] = json.loads(answer.read_bytes())
        except OSError:
            return False, f"it said nothing: {done}"
    tried, failed = found["survived"], found["failed"]
    said = f"{tried:,} schedules on {found['carrier']} in {found['seconds']:.0f} s"
    proof = (
        f"proved in {found['exhaustive']:,}"
        if found["proved"]
        else (f"no proof in {found['exhaustive']:,}")
    )
    right = not failed and tried >= schedules
    return right, f"{said}; {proof}" + "".join(f"\n  ! {one}" for one in failed)


def _run(command: Sequence[str], folder: Path, timeout: float | None = PATIENCE) -> str:
    """Run it, and say in a line how it ended."""
    try:
        done = subprocess.run(  # noqa: S603 - what this script is for
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "it did not end"
    last = done.stderr.strip().rpartition("\n")[2]
    return f"exit status {done.returncode} {last}"


def main() -> int:
    """Go through the corpus, and print what came of each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="of a folder")
    parser.add_argument("--replays", type=int, default=100, metavar="N")
    parser.add_argument(
        "--python", action="append", metavar="OTHER", help="that replays; default: this one"
    )
    parser.add_argument("--twins", type=int, metavar="SCHEDULES", help="the twins, instead")
    parser.add_argument("--seconds", type=int, default=20, help="for the proof of a twin, at most")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    stem, work = "racy", _racy(options)
    if options.twins:
        stem, work = "fixed", partial(survives, schedules=options.twins, seconds=options.seconds)
    chosen = [
        one
        for one in programs()
        if one.path.stem == stem
        and sys.version_info >= one.since
        and (not options.only or one.path.parent.name in options.only)
    ]
    wrong = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for program, (right, said) in zip(chosen, pool.map(work, chosen), strict=True):
            wrong += not right
            print(f"{' ' if right else '!'} {program.name}: {said}", flush=True)
    print(f"{len(chosen)} programs, {wrong} not as they should be")
    return 1 if wrong or not chosen else 0


def _racy(options: argparse.Namespace) -> Callable[[Program], Result]:
    pythons = options.python or [sys.executable]
    return partial(confirmed, pythons=pythons, replays=options.replays)


if __name__ == "__main__":
    sys.exit(main())
