"""The recomputed history against the published tracker's own record, day by day.

    git clone https://github.com/hugovk/free-threaded-wheels tracker
    python scripts/agree_with_tracker.py tracker [NAME...]

The tracker keeps on its branch `gh-pages`, in `results.json`, what it showed on each day.
For each package (default: those of `tests/record.py --history` that it has ever shown) the
state is recomputed from the configured package index, at the very moment of each commit,
and compared. Where they differ, the line says what of it the index explains:

- *no such class yet*: the tracker did not tell pure fallbacks apart from the others before
  the first day on which it shows one;
- *yanked since*: a release that is yanked today, and so is passed over, would agree;
- *fresh upload*: a file was less than a day old, and without it we would agree; the
  tracker keeps answers for an hour and asks a server that keeps them, too;
- *not on the index*: nothing that is there today explains it; files or releases were
  probably deleted.

The exit status is 1 if a difference is left that none of these explains.

    python scripts/agree_with_tracker.py tracker --write tests/ecosystem/tracker.csv

writes what the tracker showed of the sample, for the tests.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from packaging.version import Version

from record import HISTORY
from ungil.ecosystem.countings import published
from ungil.ecosystem.latest import latest
from ungil.ecosystem.model import Group
from ungil.index import IndexSettings, PackageIndex, PackageIndexError, Project

FRESH = 24 * 3600  # seconds in which an answer may be older than an upload
_CLASSES = {"success": "ft", "pure-py": "pure-py", "warning": "no-ft"}
_OURS = {Group.READY: "ft", Group.FALLBACK: "pure-py", Group.BLOCKED: "no-ft"}


@dataclass(frozen=True)
class Shown:
    """What the tracker showed at one moment: the status of each package."""

    moment: int
    statuses: dict[str, str]


@dataclass(frozen=True)
class Difference:
    """One moment at which the two do not agree."""

    moment: int
    theirs: str
    ours: str | None
    version: str | None
    why: str


def shown(clone: Path) -> list[Shown]:
    """What the tracker showed since it counts as it does, the oldest first."""
    # In a fresh clone the branch is a remote one.
    branch = "--glob=*gh-pages"
    log = _git(clone, "log", "--reverse", "--format=%H %cI", branch, "--", "results.json")
    commits = [line.split() for line in log.decode().splitlines()]
    wanted = "".join(f"{commit}:results.json\n" for commit, _ in commits)
    packed = _git(clone, "cat-file", "--batch", text=wanted)
    found = []
    for _, when in commits:
        head, _, packed = packed.partition(b"\n")
        size = int(head.split()[-1])
        rows: list[dict[str, Any]] = json.loads(packed[:size])["data"]
        packed = packed[size + 1 :]
        if "free_threaded_wheel" not in rows[0]:
            continue  # until 2025-03-19 it counted differently
        statuses = {row["name"]: _CLASSES[row["css_class"]] for row in rows}
        found.append(Shown(int(datetime.fromisoformat(when).timestamp()), statuses))
    return sorted(found, key=lambda one: one.moment)


def _git(clone: Path, *arguments: str, text: str = "") -> bytes:
    command = ["git", "-C", str(clone), *arguments]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)  # noqa: S603 - git, of the user's own clone
    if done.returncode:
        sys.exit(f"git {arguments[0]} failed: {done.stderr.decode().strip()}")
    return done.stdout


@dataclass(frozen=True)
class Recomputed:
    """Our status, and of which version."""

    status: str | None
    version: str | None


def recomputed(project: Project, moments: Sequence[int]) -> list[Recomputed]:
    """How we say that a package stood, at each moment."""
    steps = list(latest(project, moments))
    starts = [step.moment for step in steps]
    states = [
        Recomputed(_OURS.get(published(step.files)[0]) if step.files else None, step.version)
        for step in steps
    ]
    return [states[bisect_right(starts, moment) - 1] for moment in moments]


def differences(
    project: Project, name: str, record: Sequence[Shown], class_since: int
) -> tuple[int, list[Difference]]:
    """How many moments were compared, and those at which the two differ."""
    listed = [one for one in record if name in one.statuses]
    found = []
    ours = recomputed(project, [one.moment for one in listed])
    for one, mine in zip(listed, ours, strict=True):
        theirs = one.statuses[name]
        if theirs != mine.status:
            why = _why(project, one.moment, theirs, mine, class_since)
            found.append(Difference(one.moment, theirs, mine.status, mine.version, why))
    return len(listed), found


def _why(project: Project, moment: int, theirs: str, ours: Recomputed, class_since: int) -> str:
    if moment < class_since and (theirs, ours.status) == ("no-ft", "pure-py"):
        return "no such class yet"
    # Only a higher version could have been taken for the latest in place of ours.
    own = Version(ours.version) if ours.version else None
    agreeing = []
    for release in project.releases:
        files = [f for f in release.files if f.uploaded is not None and f.uploaded <= moment]
        agrees = files and _OURS.get(published(files)[0]) == theirs
        if agrees and (own is None or Version(release.version) > own):
            agreeing.append(all(f.yanked is not None for f in files))
    if any(agreeing):
        return "yanked since"
    # An upload explains nothing by being fresh: the answer before it must be theirs.
    uploads = {file.uploaded or 0 for release in project.releases for file in release.files}
    earlier = sorted(when - 1 for when in uploads if moment - FRESH < when <= moment)
    if any(one.status == theirs for one in recomputed(project, earlier)):
        return "fresh upload"
    return "unexplained" if agreeing else "not on the index"


def runs(found: Sequence[Difference]) -> Iterator[str]:
    """Differences of one kind that follow each other, a line for each."""
    for (theirs, ours, version, why), group in groupby(
        found, key=lambda d: (d.theirs, d.ours, d.version, d.why)
    ):
        several = list(group)
        what = f"they {theirs}, we {ours} ({version})"
        first, last = (
            f"{datetime.fromtimestamp(d.moment, UTC):%Y-%m-%d}" for d in (several[0], several[-1])
        )
        yield f"  {first} to {last}: {what}: {why}, {len(several)} times"


def write(path: Path, record: Sequence[Shown], names: Sequence[str]) -> None:
    """What the tracker showed of some packages, one line for each change."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(
            "# What the published tracker showed: results.json at each commit of the branch\n"
            "# gh-pages of github.com/hugovk/free-threaded-wheels (BSD-2-Clause style,\n"
            "# (c) 2013 Charlie Denton). A line of the package `*` for each moment, then one\n"
            "# for each change of a package; `out` is not listed. Written by\n"
            "# scripts/agree_with_tracker.py TRACKER --write FILE\n"
        )
        table = csv.writer(file, lineterminator="\n")
        for one in record:
            table.writerow(("*", datetime.fromtimestamp(one.moment, UTC).isoformat(), ""))
        for name in names:
            before = "out"
            for one in record:
                now = one.statuses.get(name, "out")
                if now != before:
                    when = datetime.fromtimestamp(one.moment, UTC).isoformat()
                    table.writerow((name, when, now))
                before = now


def main() -> int:
    """Compare; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tracker", type=Path, help="a clone of the tracker's repository")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--write", type=Path, metavar="FILE")
    options = parser.parse_args()
    record = shown(options.tracker)
    ever = {name for one in record for name in one.statuses}
    names = options.names or [name for name in HISTORY.split() if name in ever]
    if options.write:
        write(options.write, record, names)
        return 0
    class_since = min(one.moment for one in record if "pure-py" in one.statuses.values())
    reasons: Counter[str] = Counter()
    compared = 0
    with PackageIndex(IndexSettings.from_environment()) as index:
        for name, project in index.projects(names).items():
            if isinstance(project, PackageIndexError):
                print(f"{name}: {project}")
                reasons["unexplained"] += 1
                continue
            total, found = differences(project, name, record, class_since)
            compared += total
            reasons.update(difference.why for difference in found)
            print(f"{name}: {total - len(found)} of {total}")
            print("".join(f"{line}\n" for line in runs(found)), end="")
    agreed = compared - reasons.total()
    ready = agreed + reasons["no such class yet"]
    print(
        f"{len(names)} packages, {compared} states: {agreed} agree ({agreed / compared:.2%}), "
        f"ready or not in {ready} ({ready / compared:.2%})"
    )
    print("".join(f"  {count} differ: {why}\n" for why, count in reasons.most_common()), end="")
    return 1 if reasons["unexplained"] else 0


if __name__ == "__main__":
    sys.exit(main())
