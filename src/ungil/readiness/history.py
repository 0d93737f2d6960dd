"""Since when, and until which version, a project does on a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from packaging.specifiers import SpecifierSet

from ungil.index import Project, Release, may_fit
from ungil.readiness.standing import READY, stand
from ungil.target import Target

__all__ = ["History", "history", "lowest_ready", "newest_ready"]


@dataclass(frozen=True, slots=True)
class History:
    """The releases of one project that stand in one of the ready cases.

    Attributes:
        newest: The newest such version that is neither yanked nor a
            pre-release; None if there is none.
        first: The lowest such version.
        first_date: The day its first fitting wheel was uploaded, ISO 8601;
            None if the index does not say.
    """

    newest: str | None = None
    first: str | None = None
    first_date: str | None = None


def history(project: Project, target: Target) -> History:
    """Find the newest and the first release that would do on a target.

    The first is the lowest that stands in the same case as the newest. A
    project whose wheels were always pure has no first release worth naming,
    so `first` is then None.
    """
    newest = next(_ready(project, target, project.releases), None)
    if newest is None or all(_is_pure(tag) for tag in project.tags):
        return History(newest.version if newest else None)
    # Many a project was pure before it was compiled; what counts is since when
    # it does in the way in which it does now.
    case = stand(newest.files, target).case
    oldest_first = _ready(project, target, reversed(project.releases))
    first, fitting = next(
        (release, standing.file)
        for release in oldest_first
        if (standing := stand(release.files, target)).case is case
    )
    uploaded = fitting.uploaded if fitting else None
    day = None if uploaded is None else datetime.fromtimestamp(uploaded, UTC).date().isoformat()
    return History(newest.version, first.version, day)


def lowest_ready(
    project: Project, targets: Iterable[Target], specifier: SpecifierSet
) -> str | None:
    """The lowest version in `specifier` that does on every one of the targets."""
    return next(_ready_on_all(project, targets, specifier, reversed(project.releases)), None)


def newest_ready(
    project: Project, targets: Iterable[Target], specifier: SpecifierSet
) -> str | None:
    """The newest version in `specifier` that does on every one of the targets."""
    return next(_ready_on_all(project, targets, specifier, project.releases), None)


def _ready_on_all(
    project: Project,
    targets: Iterable[Target],
    specifier: SpecifierSet,
    releases: Iterable[Release],
) -> Iterator[str]:
    targets = list(targets)
    return (
        release.version
        for release in releases
        if specifier.contains(release.version)
        and not release.is_prerelease
        and all(_is_ready(project, target, release) for target in targets)
    )


def _ready(project: Project, target: Target, releases: Iterable[Release]) -> Iterator[Release]:
    return (r for r in releases if _is_ready(project, target, r) and not r.is_prerelease)


def _is_ready(project: Project, target: Target, release: Release) -> bool:
    if not may_fit(release, project.tags, target):
        return False
    files = release.files
    return stand(files, target).case in READY and all(f.yanked is None for f in files)


def _is_pure(tag: str) -> bool:
    return tag.endswith("-none-any")
