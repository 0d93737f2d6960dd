"""Are races reported that people met, and no more once they were mended?

    python scripts/real_races.py [--only NAME] [--python PYTHON] [--repeat N] [--keep DIR]
                                 [--confirm SECONDS]

`real_races/bugs.toml` lists thread-safety bugs from public issue trackers, each with the
release of the library that has it and, where there is one, the release that is mended.
The driver of a bug, `real_races/NAME.py`, is what a user's threaded test would be. For each
release, the library gets a folder of its own, and the driver is run under `ungil race`
with the library watched. A line says:

- *reported*: an error or a warning (or the rule that the table expects) is where the bug
  lives, with its rule and place; *confirmed* if that was found again by a schedule which
  `ungil race replay` follows to the same end, and in how many seconds, the run that was
  watched and all that is reported elsewhere included;
- *silent*: nothing is, and what was reported elsewhere follows, to be examined;
- *failed*: it could not be installed, or the run gave no report.

Exits with 1 if a release that has the bug is silent or not confirmed, one that is mended is
reported, or anything failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_suffix("")
HEAVY = ("error", "warning")
SECONDS = 300


@dataclass(frozen=True, slots=True)
class Bug:
    """One row of the table.

    Attributes:
        name: Of the driver.
        distribution: What has the bug.
        affected: The release that has it.
        include: Packages that are watched.
        where: Each `path/of/file.py qualified.name`, where the racing lines are.
        expect: Codes of rules that say what it is.
        link: To where it was reported.
        lost: What goes wrong.
        fixed: The release that is mended; empty if there is none.
        why_not: Why there is none.
        apart: Functions whose races are others, which both releases have.
        requires: Further pins, for both.
        remains: What of the mended release's report is known, and why.
    """

    name: str
    distribution: str
    affected: str
    include: tuple[str, ...]
    where: tuple[str, ...]
    expect: tuple[str, ...]
    link: str
    lost: str
    fixed: str = ""
    why_not: str = ""
    apart: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    remains: str = ""

    @classmethod
    def read(cls, row: dict[str, Any]) -> Bug:
        """The row as TOML has it."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
        }
        return cls(**fields)

    def is_it(self, one: Reported) -> bool:
        """Is this finding about the bug?"""
        return one.stands_in(self.where) and not one.stands_in(self.apart)

    def releases(self) -> Iterator[tuple[str, bool]]:
        """Each with whether the bug is expected in it."""
        yield self.affected, True
        if self.fixed:
            yield self.fixed, False


@dataclass(frozen=True, slots=True)
class Reported:
    """One finding, as far as it matters here.

    Attributes:
        code: Of the rule.
        severity: As in the report.
        places: `path:line function` of each side, the path from the installation.
        confirmed: Was it, by a schedule that replays? Two findings are the same without it.
    """

    code: str
    severity: str
    places: tuple[str, ...]
    confirmed: bool = field(default=False, compare=False)

    @classmethod
    def read(cls, finding: dict[str, Any], folder: Path, *, confirmed: bool = False) -> Reported:
        """From the report's JSON; paths in `folder` are told from there."""
        sides = [(side["location"], side["function"]) for side in finding["sides"]]
        places = [
            f"{at['path'].removeprefix(f'{folder.as_posix()}/')}:{at['line']} {function}"
            for at, function in sides
            if at
        ]
        return cls(finding["code"], finding["severity"], tuple(places), confirmed)

    def stands_in(self, where: Sequence[str]) -> bool:
        """Is a side of it in one of the functions (or within one)?"""
        for place in self.places:
            position, _, function = place.partition(" ")
            path = position.rpartition(":")[0]
            for one in where:
                file, _, name = one.partition(" ")
                if path.endswith(file) and f"{function}.".startswith(f"{name}."):
                    return True
        return False

    def __str__(self) -> str:
        sign = " (confirmed)" if self.confirmed else ""
        return f"{self.severity} {self.code} {' and '.join(dict.fromkeys(self.places))}{sign}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one release.

    Attributes:
        bug: Whose driver was run.
        version: Of the release.
        expected: Should it be reported?
        here: What was found where the bug lives, by run.
        elsewhere: What else was found, likewise.
        seconds: How long each run took, with confirming.
        failure: Why there is no answer; empty if there is one.
    """

    bug: Bug
    version: str
    expected: bool
    here: tuple[tuple[Reported, ...], ...] = ()
    elsewhere: tuple[tuple[Reported, ...], ...] = ()
    seconds: tuple[float, ...] = ()
    failure: str = ""

    def reported(self) -> int:
        """In how many runs it was."""
        return sum(any(self._counts(one) for one in run) for run in self.here)

    def confirmed(self) -> int:
        """In how many runs it was confirmed."""
        return sum(any(self._counts(one) and one.confirmed for one in run) for run in self.here)

    def right(self) -> bool:
        """Is it as expected, in every run?"""
        wanted = len(self.here) if self.expected else 0
        return not self.failure and self.reported() == self.confirmed() == wanted

    def _counts(self, one: Reported) -> bool:
        return one.severity in HEAVY or (self.expected and one.code in self.bug.expect)

    def lines(self) -> Iterator[str]:
        """What is printed."""
        sign = " " if self.right() else "!"
        says = (
            f"reported in {self.reported()} of {len(self.here)}, "
            f"confirmed in {self.confirmed()}, {max(self.seconds, default=0):.0f} s"
        )
        if self.failure:
            says = f"failed: {self.failure}"
        elif not self.reported():
            says = "silent"
        yield f"{sign} {self.bug.name:24} {self.bug.distribution} {self.version}: {says}"
        for one in _distinct(self.here):
            yield f"      {one}"
        if not self.expected or not self.reported():
            if self.bug.remains and not self.expected:
                yield f"      (known: {self.bug.remains})"
            for one in _distinct(self.elsewhere):
                yield f"      elsewhere: {one}"


def _distinct(runs: Sequence[Sequence[Reported]]) -> list[Reported]:
    confirmed_first = sorted(
        (one for run in runs for one in run), key=lambda one: not one.confirmed
    )
    return list(dict.fromkeys(confirmed_first))


def install(requirements: Sequence[str], folder: Path, python: str) -> str:
    """Put them and what they need into `folder`; what went wrong, or nothing."""
    if folder.is_dir():
        return ""
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    tool = [python, "-m", "pip", "install", "--quiet", "--target", str(part), *requirements]
    done = _run(tool)
    if done.returncode:  # an old release may not claim a new Python, and run on it
        done = _run([*tool, "--ignore-requires-python"])
    if done.returncode:
        return _last(done.stderr) or f"pip exited with {done.returncode}"
    part.rename(folder)
    return ""


def watch(bug: Bug, folder: Path, python: str, confirm: int) -> tuple[list[Reported], float]:
    """What `ungil race` reports of the driver, and confirms; and how many seconds it took."""
    include = [word for name in bug.include for word in ("--include", name)]
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        shutil.copy(FOLDER / f"{bug.name}.py", here)
        race = partial(_run, cwd=here, env=environment)
        options = ["--format", "json", "--output", "report.json", "--confirm", str(confirm)]
        ungil = [python, "-m", "ungil", "race"]
        began = time.monotonic()
        done = race([*ungil, *options, *include, f"{bug.name}.py"])
        took = time.monotonic() - began
        report = here / "report.json"
        if not report.is_file():
            raise RuntimeError(_last(done.stderr) or f"no report, exit status {done.returncode}")
        findings = json.loads(report.read_text("utf-8"))["findings"]
        for one in findings:
            if one["severity"] == "unknown":
                raise RuntimeError(one["message"])

        if done.returncode and all(one["severity"] != "error" for one in findings):
            # The driver's own status: it did not come as far as the bug.
            raise RuntimeError(_last(done.stderr) or f"exit status {done.returncode}")

        def replays(message: str) -> bool:
            file = re.search(r"`ungil race replay (.+?)`", message)
            return file is not None and race([*ungil, "replay", file[1]]).returncode == 1

        reported = [
            Reported.read(one, folder, confirmed=bool(one["confirmed"]) and replays(one["message"]))
            for one in findings
            if one["sides"]
        ]
    return reported, took


def try_release(
    case: tuple[Bug, str, bool], folder: Path, python: str, repeat: int, confirm: int
) -> Outcome:
    """Install one release and run the driver."""
    bug, version, expected = case
    place = folder / f"{bug.distribution}-{version}"
    failure = install([f"{bug.distribution}=={version}", *bug.requires], place, python)
    here, elsewhere, seconds = [], [], []
    for _ in range(0 if failure else repeat):
        try:
            found, took = watch(bug, place, python, confirm)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            failure = str(error)
            break
        seconds.append(took)
        here.append(tuple(one for one in found if bug.is_it(one)))
        elsewhere.append(tuple(one for one in found if not bug.is_it(one)))
    return Outcome(bug, version, expected, tuple(here), tuple(elsewhere), tuple(seconds), failure)


def _run(
    command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the user's own interpreter
        command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=SECONDS
    )


def _last(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def main() -> int:
    """Run the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="of a driver")
    parser.add_argument("--python", default=sys.executable, help="one that has ungil")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="run each N times")
    parser.add_argument(
        "--confirm", type=int, default=30, metavar="SECONDS", help="for so long at most"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="where installations of this Python stay"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at once")
    options = parser.parse_args()
    bugs = [Bug.read(row) for row in tomllib.loads((FOLDER / "bugs.toml").read_text())["bug"]]
    if unknown := set(options.only or ()) - {bug.name for bug in bugs}:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    cases = [
        (bug, version, expected)
        for bug in bugs
        if not options.only or bug.name in options.only
        for version, expected in bug.releases()
    ]
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(options.jobs) as pool:
        folder = (options.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        work = partial(
            try_release,
            folder=folder,
            python=options.python,
            repeat=options.repeat,
            confirm=options.confirm,
        )
        outcomes = []
        for outcome in pool.map(work, cases):
            outcomes.append(outcome)
            print("\n".join(outcome.lines()), flush=True)
    wrong = [one for one in outcomes if not one.right()]
    affected = sum(one.expected for one in outcomes)
    print(
        f"{affected} releases with a bug, {len(outcomes) - affected} mended; "
        f"{len(wrong)} not as expected"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
