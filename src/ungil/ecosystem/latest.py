"""Which release was the latest at a moment, and which of its files were there.

The order is the published index's own, by which its pages and its JSON API show one
release as the project's: what is not yanked first, then what is no pre-release, then
the highest version
(`warehouse/legacy/api/json.py`: `Release.yanked.asc(),
Release.is_prerelease.nullslast(), Release._pypi_ordering.desc()`).

Two things that an index does not tell make this differ from what one saw on the day:
when a release was yanked, so that it counts as yanked all along; and what was
deleted, which is missing all along.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ungil.index import File, Project

__all__ = ["Latest", "latest"]


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest release from a moment on, as far as it was uploaded.

    Attributes:
        moment: One of those asked for, seconds since the epoch.
        version: None if there was no release yet.
        files: Those of them that were there, by time of upload.
    """

    moment: int
    version: str | None
    files: Sequence[File]


@dataclass(frozen=True, slots=True)
class _Dated:
    preference: tuple[bool, bool, int]  # higher is preferred
    version: str
    files: tuple[File, ...]
    uploads: tuple[int, ...]


def latest(project: Project, moments: Sequence[int]) -> Iterator[Latest]:
    """The latest release at the first moment, and at each at which it had changed.

    Args:
        project: Its files that are not dated are passed over.
        moments: Rising, seconds since the epoch.
    """
    releases = sorted(_dated(project), key=lambda release: release.uploads[0])
    best: _Dated | None = None
    pending = 0
    before: tuple[_Dated | None, int] | None = None
    for moment in moments:
        while pending < len(releases) and releases[pending].uploads[0] <= moment:
            if best is None or releases[pending].preference > best.preference:
                best = releases[pending]
            pending += 1
        there = 0 if best is None else bisect_right(best.uploads, moment)
        if before == (best, there):
            continue
        before = (best, there)
        if best is None:
            yield Latest(moment, None, ())
        else:
            yield Latest(moment, best.version, best.files[:there])


def _dated(project: Project) -> Iterator[_Dated]:
    # The releases come newest first.
    for age, release in enumerate(project.releases):
        dated = sorted(
            ((f.uploaded, f) for f in release.files if f.uploaded is not None),
            key=lambda pair: pair[0],
        )
        if not dated:
            continue
        files = tuple(file for _, file in dated)
        kept = any(f.yanked is None for f in files)
        preference = (kept, not release.is_prerelease, -age)
        yield _Dated(preference, release.version, files, tuple(when for when, _ in dated))
