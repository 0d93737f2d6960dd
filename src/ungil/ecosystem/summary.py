"""Packages -> what they add up to: totals, series, changes, delays, blockers."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from statistics import median_low
from typing import Literal

import msgspec

from ungil.ecosystem.calendar import PYTHON_RELEASES
from ungil.ecosystem.model import (
    Blocker,
    Change,
    Day,
    Delay,
    Group,
    Package,
    Point,
    Totals,
    View,
    state_on,
)
from ungil.target import Target

__all__ = ["blockers", "changes", "compared", "delays", "series", "totals", "with_dependents"]

_MOST = 20  # blockers that are listed


def totals(packages: Iterable[Package], view: str, day: str) -> Totals:
    """How many packages are in each group at the end of a day."""
    states = (state_on(package.timelines[view], day) for package in packages)
    found = Counter(state.group.value for state in states if state is not None)
    return Totals(**found)


def series(packages: Iterable[Package], view: str) -> list[Day]:
    """The totals of every day; an entry for the first one, and for each with others."""
    steps: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for package in packages:
        before: Point | None = None
        for point in package.timelines[view]:
            steps[point.day][point.group.value] += 1
            if before is not None:
                steps[point.day][before.group.value] -= 1
            before = point
    found: list[Day] = []
    now: Counter[str] = Counter()
    for day in sorted(steps):
        now.update(steps[day])
        if not found or found[-1].totals != Totals(**now):
            found.append(Day(day, Totals(**now)))
    return found


def changes(packages: Iterable[Package], views: Iterable[View]) -> list[Change]:
    """When which packages changed their group, the latest first."""
    found = [
        change(view.id, package.name, before, after)
        for view in views
        for package in packages
        for before, after in _steps(package.timelines[view.id])
    ]
    found.sort(key=lambda change: change.package)  # and by view, as they come
    return sorted(found, key=lambda change: change.day, reverse=True)


def _steps(timeline: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    return (pair for pair in pairwise(timeline) if pair[0].group is not pair[1].group)


def change(view: str, package: str, before: Point, after: Point) -> Change:
    """What became of a package."""
    kind: Literal["gain", "regression", "move"] = "move"
    if after.group is Group.READY:
        kind = "gain"
    elif before.group is Group.READY and after.group is not Group.PURE:
        kind = "regression"
    return Change(kind, view, package, after.day, before.group, after.group, after.version)


_COMPILED = {Group.READY, Group.FALLBACK, Group.BLOCKED}


def delays(packages: Iterable[Package], targets: Mapping[str, Target], as_of: date) -> list[Delay]:
    """How long the wheels for each target took, where its Python is out."""
    packages = list(packages)
    found = []
    for id_, target in targets.items():
        released = PYTHON_RELEASES.get(target.python.number)
        if released is None or released > as_of:
            continue
        waits = [
            (date.fromisoformat(p.first[id_].day) - released).days if id_ in p.first else math.inf
            for p in packages
            if _is_counted(p.timelines[id_], released.isoformat(), as_of.isoformat())
        ]
        # Of an even number the lower one, since the mean with "not yet" is none.
        middle = median_low(waits) if waits else math.inf
        found.append(
            Delay(
                view=id_,
                python=target.python.number,
                released=released.isoformat(),
                median_days=None if math.isinf(middle) else middle,
                having=sum(map(math.isfinite, waits)),
                of=len(waits),
            )
        )
    return found


def _is_counted(timeline: list[Point], released: str, as_of: str) -> bool:
    """Was it on the index when the Python came out, and is it bound to a Python ABI?"""
    then, now = state_on(timeline, released), state_on(timeline, as_of)
    return (
        then is not None
        and then.group is not Group.ABSENT
        and now is not None
        and now.group in _COMPILED
        and now.case != "no-python-abi"
    )


def with_dependents(packages: Sequence[Package]) -> list[Package]:
    """The packages, each with those of them that need it, directly or not."""
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for package in packages:
        for name in package.requires or ():
            asked[name].add(package.name)

    def needing(name: str) -> list[str]:
        found: set[str] = set()
        queue = [name]
        while queue:
            new = asked.get(queue.pop(), set()) - found
            found |= new
            queue += new
        return sorted(found - {name})

    return [msgspec.structs.replace(p, dependents=needing(p.name)) for p in packages]


def blockers(packages: Iterable[Package], view: str, day: str) -> list[Blocker]:
    """The blocked packages that most others need, those first; at most 20."""
    found = [
        Blocker(package.name, package.dependents)
        for package in packages
        if package.dependents
        and (state := state_on(package.timelines[view], day)) is not None
        and state.group is Group.BLOCKED
    ]
    found.sort(key=lambda blocker: (-len(blocker.dependents), blocker.package))
    return found[:_MOST]


def compared(
    before: Mapping[str, Mapping[str, Point]], packages: Iterable[Package], views: Iterable[View]
) -> list[Change]:
    """Who stands differently than another report said, by view and package.

    The day is that on which our timeline says that it changed; where the past itself
    was changed, by a deletion say, that can be any day.
    """
    found = []
    for package in packages:
        for view in views:
            now = package.timelines[view.id][-1]
            then = before.get(view.id, {}).get(package.name)
            if then is not None and then.group is not now.group:
                found.append(change(view.id, package.name, then, now))
    return found
