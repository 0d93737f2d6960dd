"""One package's history: every day's state from one answer of the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ungil.ecosystem.calendar import day_of
from ungil.ecosystem.countings import Counting
from ungil.ecosystem.latest import Latest, latest
from ungil.ecosystem.model import First, Group, Point
from ungil.index import PackageIndexError, Project
from ungil.target import Target

__all__ = ["History", "first_fitting", "history"]


@dataclass(frozen=True, slots=True)
class History:
    """How a package stood, over time.

    Attributes:
        timelines: By the countings' ids; a point for the first moment, and for each at
            which the state changed.
        last: The latest release at the last moment.
    """

    timelines: dict[str, list[Point]]
    last: Latest


def history(project: Project, moments: Sequence[int], countings: Mapping[str, Counting]) -> History:
    """Follow a package through the given moments, at least one.

    Files of which nobody says when they were uploaded are left out, e.g. those of a
    directory beside the index.

    Raises:
        PackageIndexError: That are all of them.
    """
    dated = any(file.uploaded is not None for r in project.releases for file in r.files)
    if project.releases and not dated:
        raise PackageIndexError(
            f"the index does not say when the files of {project.name} were uploaded, so its "
            "history cannot be told"
        )
    timelines: dict[str, list[Point]] = {id_: [] for id_ in countings}
    last = Latest(moments[0], None, ())
    for last in latest(project, moments):
        day = day_of(last.moment).isoformat()
        for id_, counting in countings.items():
            group, case = counting(last.files) if last.files else (Group.ABSENT, "not-released")
            points = timelines[id_]
            if not points or (points[-1].group, points[-1].case) != (group, case):
                points.append(Point(day, group, case, last.version))
    return History(timelines, last)


def first_fitting(project: Project, target: Target, until: int) -> First | None:
    """The first final release with a wheel that fits by its Python ABI.

    Wheels without a Python ABI are passed over: they fit every Python, so they tell of
    no port. A yanked release counts, since its wheels were there.

    Args:
        project: All of whose files are dated.
        target: For which Python and platform.
        until: Nothing later counts, seconds since the epoch.
    """
    fitting = {
        tag
        for tag in project.tags
        if "none" not in tag.split("-")[1].split(".") and target.rank(tag) is not None
    }
    uploads = [
        (file.uploaded, release.version)
        for release in project.releases
        if any(project.tags[i] in fitting for i in release.tags) and not release.is_prerelease
        for file in release.files
        if file.tag in fitting and file.uploaded is not None and file.uploaded <= until
    ]
    if not uploads:
        return None
    when, version = min(uploads)
    return First(day_of(when).isoformat(), version)
