"""The recomputed history is what the published tracker showed, day by day.

`tracker.csv` is its own record; the index's answers are recordings. What differs is named
here with its reason, and must differ.
"""

import csv
from bisect import bisect_right
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from loopback import HISTORY, LoopbackIndex
from ungil.ecosystem.countings import published
from ungil.ecosystem.latest import latest
from ungil.ecosystem.model import Group
from ungil.index import IndexSettings, PackageIndex

OURS = {Group.READY: "ft", Group.FALLBACK: "pure-py", Group.BLOCKED: "no-ft"}

CLASS_SINCE = "2025-05-15T12"
"""Before, the tracker had no class for compiled packages with a pure-Python wheel."""

DIFFERENCES = {
    ("av", "2025-05-17", "2025-07-03"): "14.4.0 has no wheels now; probably deleted",
    ("rignore", "2025-11-03", "2025-11-05"): "0.7.4 and 0.7.5 were yanked later",
    ("tensorstore", "2025-11-12", "2025-11-12"): "nothing there has such wheels; probably deleted",
    ("py-rust-stemmers", "2026-05-21", "2026-05-21"): "0.1.6 and 0.1.7 were yanked later",
    ("pandas", "2025-08-21", "2025-08-21"): "2.3.2 was being uploaded",
    ("imagecodecs", "2025-04-05", "2025-07-04"): "nothing there has such wheels; probably deleted",
    ("pglast", "2025-12-01", "2026-06-14"): "no release of that time has wheels; probably deleted",
}


def read_record():
    lines = (Path(__file__).parent / "tracker.csv").read_text().splitlines()
    moments, changes = [], defaultdict(list)
    for package, moment, status in csv.reader(line for line in lines if line[0] != "#"):
        if package == "*":
            moments.append(moment)
        else:
            changes[package].append((moment, status))
    return moments, changes


MOMENTS, CHANGES = read_record()


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with LoopbackIndex(folder=HISTORY) as server:
        settings = IndexSettings((server.url,), tmp_path_factory.mktemp("cache"))
        with PackageIndex(settings) as opened:
            yield opened


def test_the_record_is_whole():
    assert len(MOMENTS) == 467
    assert len(CHANGES) == 43
    assert (MOMENTS[0][:10], MOMENTS[-1][:10]) == ("2025-03-19", "2026-06-14")


@pytest.mark.parametrize("name", CHANGES)
def test_every_day(index, name):
    seconds = [int(datetime.fromisoformat(moment).timestamp()) for moment in MOMENTS]
    steps = list(latest(index.project(name), seconds))
    starts = [step.moment for step in steps]
    changes = CHANGES[name]
    differ = []
    compared = []
    for moment, second in zip(MOMENTS, seconds, strict=True):
        at = bisect_right([when for when, _ in changes], moment) - 1
        theirs = changes[at][1] if at >= 0 else "out"
        if theirs == "out":
            continue
        compared.append(moment[:10])
        step = steps[bisect_right(starts, second) - 1]
        ours = OURS.get(published(step.files)[0]) if step.files else None
        if moment < CLASS_SINCE:
            ours = "no-ft" if ours == "pure-py" else ours
        if ours != theirs:
            differ.append(moment[:10])
    assert compared
    named = [(first, last) for who, first, last in DIFFERENCES if who == name]
    # Every day of a run, not its ends alone.
    assert differ == [d for d in compared if any(first <= d <= last for first, last in named)]
    assert all(first in differ and last in differ for first, last in named)
