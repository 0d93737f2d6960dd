"""Do the test suites of well-known packages pass under `ungil race` exactly as without it?

    python scripts/suites_under_race.py [--only NAME] [--python PYTHON] [--repeat N] [--keep DIR]

`suites.toml` names the releases. Of each, the source distribution is fetched and unpacked,
and installed into an environment of its own together with what its tests need and with
ungil as it is in this checkout, the native core included. Its suite is then run there, from
the folder of its sources, without ungil and watched, in turns: once with nothing kept from
before (cold), and N times each way (warm). What is printed:

- how many tests there are, and each test whose outcome was not the same;
- the time of the processor without ungil, cold and warm, and how many times the first the
  others are, of the fastest runs; that of `ungil race` is all of it, the report included;
- the same of the memory that the largest process had;
- what is reported, by rule; with `--verbose` each finding with its places, to be examined.

A `!` marks what is more than the slow-down or the memory that ungil promises. Exits with 1 if
an outcome differs or a suite could not be run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from real_races import HEAVY, Reported

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "scripts" / "suites.toml"
SECONDS = 900
SLOWER = 2.0
LARGER = 3.0


@dataclass(frozen=True, slots=True)
class Suite:
    """One row of the table.

    Attributes:
        name: Of the distribution.
        version: Of its release.
        include: Packages that are watched besides the tests.
        arguments: Of pytest.
        requires: What the tests need, besides pytest.
        threads: Do tests of it start threads? Information.
    """

    name: str
    version: str
    include: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    threads: bool = False

    @classmethod
    def read(cls, row: dict[str, Any]) -> Suite:
        """The row as TOML has it."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
        }
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a suite.

    Attributes:
        seconds: Of the processor, of all its processes.
        kilobytes: That its largest process had.
        outcomes: Of each test; of those of one name, several.
        found: What was reported, if it was watched.
        unseen: What could not be watched, likewise.
    """

    seconds: float
    kilobytes: int
    outcomes: dict[str, tuple[str, ...]]
    found: tuple[Reported, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(slots=True)
class Runs:
    """All runs of a suite."""

    suite: Suite
    plain: list[Run] = field(default_factory=list)
    cold: list[Run] = field(default_factory=list)
    warm: list[Run] = field(default_factory=list)

    def differences(self) -> list[str]:
        """Each test that did watched what it never did without."""
        found = []
        watched = [*self.cold, *self.warm]
        for name in sorted({name for run in (*self.plain, *watched) for name in run.outcomes}):
            usual = {run.outcomes.get(name, ("is not there",)) for run in self.plain}
            found += [
                f"{name}: {_said(usual)}; watched: {_said([other])}"
                for other in dict.fromkeys(
                    run.outcomes.get(name, ("is not there",)) for run in watched
                )
                if other not in usual
            ]
        return found

    def lines(self, *, verbose: bool) -> Iterator[str]:
        """What is printed."""
        plain, cold, warm = (
            min(run.seconds for run in runs) for runs in (self.plain, self.cold, self.warm)
        )
        memory = [min(run.kilobytes for run in runs) for runs in (self.plain, self.warm)]
        tests = sum(map(len, self.plain[0].outcomes.values()))
        watched = [*self.cold, *self.warm]
        found = list(dict.fromkeys(one for run in watched for one in run.found))
        rules = Counter(one.code for one in found)
        yield (
            f"{self.suite.name:16}{self.suite.version:>9}{tests:>7}"
            f"{plain:>8.1f}{cold:>8.1f}{warm:>8.1f}"
            f"{_times(cold / plain, SLOWER)}{_times(warm / plain, SLOWER)}"
            f"{_times(memory[1] / memory[0], LARGER)}{len(self.differences()):>6}  "
            + " ".join(f"{code}x{count}" for code, count in sorted(rules.items()))
        )
        for difference in self.differences():
            yield f"  ! {difference}"
        for unseen in dict.fromkeys(one for run in watched for one in run.unseen):
            yield f"    {unseen}"
        for each in found:
            if verbose or each.severity in HEAVY:
                yield f"    {each}"


HEAD = (
    f"{'package':16}{'release':>9}{'tests':>7}{'plain s':>8}{'cold s':>8}{'warm s':>8}"
    f"{'cold':>8}{'warm':>8}{'memory':>8}{'other':>6}  findings"
)


def _said(outcomes: Iterable[tuple[str, ...]]) -> str:
    return " or ".join(sorted({" and ".join(each) for each in outcomes}))


def _times(ratio: float, most: float) -> str:
    return f"{ratio:>7.2f}{'!' if ratio > most else ' '}"


class FailedError(Exception):
    """A suite cannot be run; the message is why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a suite is run.

    Attributes:
        folder: Of its own.
        sources: Of the distribution.
        python: Of its environment.
    """

    folder: Path
    sources: Path
    python: Path

    def run(self, suite: Suite, *, watched: bool) -> Run:
        """Run the suite once.

        Raises:
            FailedError: It gave no outcomes, or no report.
        """
        results, report = self.folder / "results.xml", self.folder / "report.json"
        for file in (results, report):
            file.unlink(missing_ok=True)
        pytest = ["-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={results}", "-q"]
        if watched:
            named = [word for name in suite.include for word in ("--include", name)]
            race = ["ungil", "race", "--format", "json", "--output", str(report), *named]
            command = ["-m", *race, *pytest, *suite.arguments]
        else:
            without = ["-p", "no:ungil", "-p", "no:ungil_race"]
            command = [*pytest, *without, *suite.arguments]
        seconds, kilobytes = self._measured([str(self.python), *command])
        if not results.is_file():
            raise FailedError(f"no results; see {self.folder / 'output.txt'}")
        if not watched:
            return Run(seconds, kilobytes, outcomes(results))
        if not report.is_file():
            raise FailedError(f"no report; see {self.folder / 'output.txt'}")
        findings = json.loads(report.read_text("utf-8"))["findings"]
        return Run(
            seconds,
            kilobytes,
            outcomes(results),
            tuple(Reported.read(one, self.sources) for one in findings if one["sides"]),
            tuple(one["message"] for one in findings if one["severity"] == "unknown"),
        )

    def _measured(self, command: Sequence[str]) -> tuple[float, int]:
        """Run it; the time of the processor in seconds, and the most memory in kilobytes."""
        env = {
            **os.environ,
            "UNGIL_CACHE_DIR": str(self.folder / "cache"),
            "PYTHONHASHSEED": "0",
            "COLUMNS": "80",
            "PATH": os.pathsep.join((str(self.python.parent), os.environ["PATH"])),
        }
        env.pop("PYTHONPATH", None)
        usage = self.folder / "usage.json"
        usage.unlink(missing_ok=True)
        timed = [sys.executable, str(Path(__file__)), "--measure", str(usage)]
        with (self.folder / "output.txt").open("w") as output:
            try:
                subprocess.run(  # noqa: S603 - the suite's own environment
                    [*timed, *command],
                    cwd=self.sources,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise FailedError(f"it did not end in {SECONDS} s") from None
        if not usage.is_file():
            raise FailedError("something ended it")
        seconds, kilobytes = json.loads(usage.read_text())
        return float(seconds), int(kilobytes)

    def forget(self) -> None:
        """Nothing is kept from the runs before."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)


def measure(into: str, command: Sequence[str]) -> int:
    """Run a command, and write down what it and all that it started used."""
    import resource  # noqa: PLC0415 - where there is none, the rest shows how to run it by hand

    status = subprocess.run(command, check=False).returncode  # noqa: S603 - the command that the caller gives
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    Path(into).write_text(json.dumps([usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))
    return status


def outcomes(results: Path) -> dict[str, tuple[str, ...]]:
    """What came of each test, as pytest wrote it down."""
    found: dict[str, list[str]] = {}
    for case in ET.parse(results).iter("testcase"):  # noqa: S314 - of our own pytest
        name = f"{case.get('classname')}::{case.get('name')}"
        kinds = [one.tag for one in case if one.tag in {"failure", "error", "skipped"}]
        found.setdefault(name, []).append("+".join(kinds) or "passed")
    return {name: tuple(sorted(each)) for name, each in found.items()}


def wheel(folder: Path, python: str) -> Path:
    """Build ungil of this checkout for a Python, the native core included."""
    copied = folder / "checkout"
    shutil.rmtree(copied, ignore_errors=True)
    unwanted = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", copied / "src", ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copied)
    built = folder / "wheels"
    shutil.rmtree(built, ignore_errors=True)
    _do("uv", "build", "--quiet", "--wheel", "--python", python, "--out-dir", built, copied)
    return next(built.glob("*.whl"))


def prepare(suite: Suite, folder: Path, python: str, ungil: Path) -> Place:
    """Fetch the sources of a suite, and make its environment."""
    own = folder / f"{suite.name}-{suite.version}"
    own.mkdir(parents=True, exist_ok=True)
    sources, environment = own / "sources", own / "environment"
    executable = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not sources.is_dir():
        wanted = f"{suite.name}=={suite.version}"
        fetched = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", suite.name]
        _do(sys.executable, *fetched, "--dest", own, wanted)
        with tarfile.open(next(own.glob("*.tar.gz"))) as archive:
            archive.extractall(own / "unpacked", filter="data")
        next((own / "unpacked").iterdir()).rename(sources)
    if not executable.exists():
        _do("uv", "venv", "--quiet", "--python", python, environment)
        _do(*_into(executable), "pytest", *suite.requires)
    # Last, whatever ungil itself needs of it.
    _do(*_into(executable), "--reinstall-package", "ungil", ungil)
    _do(*_into(executable), "--no-deps", "--no-sources", sources)
    return Place(own, sources, executable)


def _into(executable: Path) -> tuple[str, ...]:
    return ("uv", "pip", "install", "--quiet", "--python", str(executable))


def _do(*command: str | Path) -> None:
    done = subprocess.run(  # noqa: S603 - tools that this project depends on
        list(map(str, command)), capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise FailedError(f"{command[0]} {command[1]}: {said}")


def try_suite(suite: Suite, place: Place, repeat: int) -> Runs:
    """All runs of a suite."""
    runs = Runs(suite)
    place.forget()
    for turn in range(repeat):
        runs.plain.append(place.run(suite, watched=False))
        if not turn:
            runs.cold.append(place.run(suite, watched=True))
        runs.warm.append(place.run(suite, watched=True))
    return runs


def main() -> int:
    """Run the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="of a package")
    parser.add_argument("--python", default=sys.executable, help="one that runs the suites")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="run each N times")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where environments stay")
    parser.add_argument("--verbose", action="store_true", help="show notes, too")
    options = parser.parse_args()
    suites = [Suite.read(row) for row in tomllib.loads(TABLE.read_text())["suite"]]
    if unknown := set(options.only or ()) - {suite.name for suite in suites}:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        ungil = wheel(folder, options.python)
        print(HEAD, flush=True)
        for suite in suites:
            if options.only and suite.name not in options.only:
                continue
            try:
                place = prepare(suite, folder, options.python, ungil)
                runs = try_suite(suite, place, options.repeat)
            except FailedError as error:
                wrong += 1
                print(f"{suite.name:16}{suite.version:>9}  failed: {error}", flush=True)
                continue
            wrong += bool(runs.differences())
            print("\n".join(runs.lines(verbose=options.verbose)), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        sys.exit(measure(sys.argv[2], sys.argv[3:]))
    sys.exit(main())
