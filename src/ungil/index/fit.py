"""Which files of a release a target may take."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ungil.index.model import File, Release, admits
from ungil.target import Target

__all__ = ["fitting_wheels", "may_fit", "sources"]

_BUILD = re.compile(r"^[^-]+-[^-]+-(\d+)[^-]*-")


def fitting_wheels(files: Iterable[File], target: Target) -> list[File]:
    """The wheels an installer would take, the one it prefers first.

    As pip orders them: by the rank of the tag, then by the higher build
    number (PEP 427).
    """
    python = target.environment["python_full_version"]
    ranked = [
        (rank, -_build_number(file.name), file.name, file)
        for file in files
        if file.is_wheel
        and (rank := target.rank(file.tag)) is not None
        and admits(file.requires_python, python)
    ]
    return [file for *_, file in sorted(ranked, key=lambda entry: entry[:3])]


def sources(files: Iterable[File], target: Target) -> list[File]:
    """The source distributions whose Requires-Python admits the target."""
    python = target.environment["python_full_version"]
    return [f for f in files if not f.is_wheel and admits(f.requires_python, python)]


def may_fit(release: Release, tags: tuple[str, ...], target: Target) -> bool:
    """Has the release a wheel whose tag fits?

    `tags` is the project's table. No single file is looked at, so nothing is
    known of Requires-Python: the quick first look over hundreds of releases.
    """
    return any(target.rank(tags[i]) is not None for i in release.tags)


def _build_number(name: str) -> int:
    # Six parts instead of five tell that there is a build tag.
    if name.count("-") != 5:
        return 0
    match = _BUILD.match(name)
    return int(match[1]) if match else 0
