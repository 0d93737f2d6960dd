"""What a file name says: project, version, wheel tags.

A page can list thousands of files, so names are split by hand here, at a
fraction of what `packaging.utils` takes; on every name that `packaging`
accepts the two agree.
"""

from __future__ import annotations

import re

from packaging.version import Version

__all__ = [
    "UNINSTALLABLE_SUFFIXES",
    "candidates",
    "normalise",
    "split_sdist",
    "split_wheel",
    "stem_of_sdist",
    "version_of",
]

# What installers unpack; PEP 625 allows new uploads of `.tar.gz` only.
_SDIST_SUFFIXES = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")

UNINSTALLABLE_SUFFIXES = (".egg", ".exe", ".rpm", ".msi", ".deb", ".dmg", ".asc", ".tar.Z")
"""What old projects also uploaded and no installer takes."""

_WHEEL_NAME = re.compile(r"[\w\d._]*")
_SEPARATORS = re.compile(r"[-_.]+")


def normalise(name: str) -> str:
    """A project's name as PEP 503 normalises it."""
    return _SEPARATORS.sub("-", name).lower()


def split_wheel(filename: str) -> tuple[str, str, str] | None:
    """A wheel's name, version and tag triple as written; None if it is no wheel name.

    The build number, if any, is left out.
    """
    parts = filename.removesuffix(".whl").split("-")
    if len(parts) == 6:
        # A build number starts with a digit (binary distribution format).
        if not parts[2][:1].isdigit():
            return None
    elif len(parts) != 5:
        return None
    name = parts[0]
    if "__" in name or _WHEEL_NAME.fullmatch(name) is None or "" in parts[-3:]:
        return None
    return name, parts[1], "-".join(parts[-3:])


def stem_of_sdist(filename: str) -> str | None:
    """A source distribution's name without its suffix; None if it has none."""
    for suffix in _SDIST_SUFFIXES:
        if filename.endswith(suffix):
            return filename[: -len(suffix)]
    return None


def split_sdist(filename: str, project: str) -> str | None:
    """The version as written in the name of a source distribution of `project`.

    Before PEP 625 both names and versions could contain a dash, so only the
    project's own name tells where its version starts (as pip has it).

    Args:
        filename: With its suffix.
        project: Normalised.
    """
    stem = stem_of_sdist(filename)
    if stem is None:
        return None
    end = len(project)
    # Almost always one separator of the name is one character.
    if stem[end : end + 1] == "-" and normalise(stem[:end]) == project:
        return stem[end + 1 :]
    for match in re.finditer("-", stem):
        if normalise(stem[: match.start()]) == project:
            return stem[match.end() :]
    return None


def candidates(filename: str) -> tuple[str, ...]:
    """The normalised names of all projects that a file could belong to."""
    if filename.endswith(".whl"):
        return (normalise(filename.partition("-")[0]),)
    stem = stem_of_sdist(filename) or ""
    return tuple(dict.fromkeys(normalise(stem[: m.start()]) for m in re.finditer("-", stem)))


def version_of(text: str) -> Version | None:
    """`text` as a version (PEP 440), None if it is none."""
    try:
        return Version(text)
    except ValueError:  # InvalidVersion is one; so is a number of 5,000 digits
        return None
