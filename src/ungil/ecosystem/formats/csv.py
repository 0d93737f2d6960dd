"""One line for each package and view, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ungil.ecosystem.model import Package, Survey, View, state_on

__all__ = ["COLUMNS", "render"]

COLUMNS = (
    "rank",
    "package",
    "version",
    "released",
    "view",
    "target",
    "platform",
    "group",
    "case",
    "since",
    "since_version",
    "first_day",
    "first_version",
    "keeps_gil_off",
    "dependents",
    "problem",
)


def render(survey: Survey) -> str:
    """A header and the lines, on the day that was asked for."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for rank, package in enumerate(survey.packages, 1):
        for view in survey.views:
            table.writerow([rank, *_cells(package, view, survey.as_of)])
    return out.getvalue()


_KEEPS = {True: "yes", False: "no", None: "unknown"}


def _cells(package: Package, view: View, day: str) -> Iterator[object]:
    state = state_on(package.timelines[view.id], day)
    first = package.first.get(view.id)
    yield from (package.name, package.version, package.released)
    yield from (view.id, view.target, view.platform)
    yield from (state.group.value, state.case, state.day, state.version) if state else [None] * 4
    yield from (first.day, first.version) if first else (None, None)
    yield _KEEPS[package.keeps_gil_off[view.id]] if view.id in package.keeps_gil_off else None
    yield from (len(package.dependents), package.problem)
