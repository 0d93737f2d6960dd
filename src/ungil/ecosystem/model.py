"""What is known of many packages over time, as plain data.

These values are the JSON report, too: msgspec writes them, and reads them back with
their types checked, for `--previous`.

A package is looked at through *views*. One is the published counting, which knows
no target; the others are our own, for one Python and one platform each.
"""

from __future__ import annotations

import enum
from typing import Literal

import msgspec

__all__ = [
    "PUBLISHED",
    "SCHEMA_VERSION",
    "Blocker",
    "Change",
    "Day",
    "Delay",
    "First",
    "Group",
    "Package",
    "Point",
    "Previous",
    "Survey",
    "Totals",
    "View",
    "state_on",
]

SCHEMA_VERSION = 1
"""To be raised with every change that a reader of the JSON could stumble over."""

PUBLISHED = "published"
"""The id of the view that counts as the published tracker does."""


class Group(enum.Enum):
    """How a package stands, as coarsely as it is counted.

    The first three are the *compiled* packages, of which the others are kept apart.
    """

    READY = "ready"
    """Its latest release has a compiled wheel that fits."""
    FALLBACK = "fallback"
    """It is compiled, but what fits is its pure-Python wheel."""
    BLOCKED = "blocked"
    """Nothing ready-made fits: it is compiled for others, or excludes this Python."""
    PURE = "pure"
    """Nothing of it is bound to a Python ABI, so there is nothing to port."""
    UNKNOWN = "unknown"
    """The index does not tell, e.g. because there is no wheel at all."""
    ABSENT = "absent"
    """It had no release yet."""


class View(msgspec.Struct, frozen=True):
    """One way of counting.

    Attributes:
        id: E.g. `published`, or `3.14t linux`.
        target: E.g. `3.14t`; None for the published counting.
        platform: E.g. `x86_64-unknown-linux-gnu`; None likewise.
    """

    id: str
    target: str | None = None
    platform: str | None = None


class Point(msgspec.Struct, frozen=True, array_like=True):
    """From this day on a package stood like this; a JSON array of four.

    Attributes:
        day: The first day at whose end (UTC) it did, ISO 8601.
        group: See `Group`.
        case: Why, more finely; the name of a rule where there is one.
        version: Of the release that was the latest, None if there was none.
    """

    day: str
    group: Group
    case: str
    version: str | None


class First(msgspec.Struct, frozen=True):
    """The first release that fitted.

    Attributes:
        day: On which its first fitting file was uploaded (UTC).
        version: Of the release.
    """

    day: str
    version: str


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """One package of the list.

    Attributes:
        name: Normalised.
        version: Of the latest release on the day asked for.
        released: The day on which that release got its first file.
        timelines: By view, how it stood; a point for each change, the oldest first,
            and always one for the first day.
        first: By view of our own, the first release with a wheel for the target's
            own ABI; no entry where there is none.
        keeps_gil_off: By view, what the modules in the fitting wheel declare; None for
            unknown; no entry where nothing was read.
        requires: The packages of the list that it requires itself; None if unknown.
        dependents: The packages of the list that need it, directly or not.
        problem: Why nothing is known of it, one sentence; empty if all is well.
    """

    name: str
    version: str | None = None
    released: str | None = None
    timelines: dict[str, list[Point]] = {}
    first: dict[str, First] = {}
    keeps_gil_off: dict[str, bool | None] = {}
    requires: list[str] | None = None
    dependents: list[str] = []
    problem: str = ""


class Totals(msgspec.Struct, frozen=True):
    """How many packages are in each group."""

    ready: int = 0
    fallback: int = 0
    blocked: int = 0
    pure: int = 0
    unknown: int = 0
    absent: int = 0

    @property
    def compiled(self) -> int:
        """All that are compiled: what shares are shares of."""
        return self.ready + self.fallback + self.blocked


class Day(msgspec.Struct, frozen=True):
    """The totals from one day on, until the next entry of the series."""

    day: str
    totals: Totals


class Change(msgspec.Struct, frozen=True):
    """A package that came to stand differently.

    Attributes:
        kind: `gain` if it is ready since; `regression` if it no longer is, and there is
            something to port; `move` for every other change of its group.
        view: The view's id.
        package: Normalised name.
        day: On which it changed.
        before: How it stood.
        after: How it stands since.
        version: Of the release that changed it.
    """

    kind: Literal["gain", "regression", "move"]
    view: str
    package: str
    day: str
    before: Group
    after: Group
    version: str | None


class Delay(msgspec.Struct, frozen=True):
    """How long after a Python's release the wheels for it came.

    Attributes:
        view: The view's id.
        python: The series, e.g. `3.14`.
        released: The day of its final release.
        median_days: Until the first fitting wheel, over all packages that were compiled
            and on the index by then; those without one count as later than all others.
            None while more than half of them have none. Negative if it came before.
        having: How many have one.
        of: How many are counted.
    """

    view: str
    python: str
    released: str
    median_days: float | None
    having: int
    of: int


class Blocker(msgspec.Struct, frozen=True):
    """A blocked package, and the packages of the list that need it, directly or not."""

    package: str
    dependents: list[str]


class Previous(msgspec.Struct, frozen=True):
    """What an earlier report said otherwise.

    Attributes:
        as_of: The day that it was about.
        entered: Packages that were not in its list.
        left: Packages that are in this list no more.
        changes: Packages that stand differently, by the views that both have.
    """

    as_of: str
    entered: list[str]
    left: list[str]
    changes: list[Change]


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """A list of packages over time.

    Attributes:
        schema_version: See `SCHEMA_VERSION`.
        ungil: The version that made it.
        created: When, ISO 8601 (UTC).
        source: The list, as the user named it.
        start: The first day of all timelines and series.
        since: Changes from this day on are in `changes`.
        as_of: The day asked for; the last one.
        views: The published one first.
        packages: In the list's order.
        totals: By view, on the day asked for.
        series: By view, from `start` on, an entry for each day on which it changed.
        changes: The latest first.
        regressions: Those of the whole time, the latest first.
        delays: For each view of our own.
        blockers: By view, those that most others need first.
        previous: None if there is no earlier report to compare with.
        notes: What should be known of how this came about; one sentence each.
    """

    schema_version: int = SCHEMA_VERSION
    ungil: str
    created: str
    source: str
    start: str
    since: str
    as_of: str
    views: list[View]
    packages: list[Package]
    totals: dict[str, Totals]
    series: dict[str, list[Day]]
    changes: list[Change]
    regressions: list[Change]
    delays: list[Delay]
    blockers: dict[str, list[Blocker]]
    previous: Previous | None = None
    notes: list[str] = []


def state_on(timeline: list[Point], day: str) -> Point | None:
    """How a package stood at the end of a day; None before the timeline's start."""
    return next((point for point in reversed(timeline) if point.day <= day), None)
