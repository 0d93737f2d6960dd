"""What a package index says, as plain values.

A page of the simple API can list 6,000 files, and a run reads hundreds of
pages. So a project is kept in two layers: a small table of its releases with
the wheel tags each has, which answers "what fits, and since when" without
touching single files; and each release's files, decoded only when asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

__all__ = [
    "File",
    "Metadata",
    "PackageIndexError",
    "Project",
    "ProjectNotFoundError",
    "Release",
    "admits",
    "pack_release",
]


class PackageIndexError(Exception):
    """The index could not answer; the message is one line for the user."""


class ProjectNotFoundError(PackageIndexError):
    """The index answered that it has no such project."""


class File(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One downloadable file of a release.

    Attributes:
        name: The file name.
        url: Absolute, without credentials.
        uploaded: Seconds since the epoch (PEP 700), None if the index does
            not say.
        sha256: Lower-case hex, None if the index does not say.
        size: Bytes (PEP 700), None likewise.
        requires_python: As written, None if unlimited.
        yanked: The reason given (may be empty), None if not yanked (PEP 592).
        has_metadata: Is `<url>.metadata` served (PEP 658, PEP 714)?
        tag: A wheel's compressed tag triple, e.g. `cp314-cp314t-win_amd64`;
            empty for a source distribution.
    """

    name: str
    url: str
    uploaded: int | None = None
    sha256: str | None = None
    size: int | None = None
    requires_python: str | None = None
    yanked: str | None = None
    has_metadata: bool = False
    tag: str = ""

    @property
    def is_wheel(self) -> bool:
        """Is it a wheel rather than a source distribution?"""
        return bool(self.tag)


class Release(msgspec.Struct, frozen=True, array_like=True):
    """One version of a project.

    Attributes:
        version: Normalised.
        tags: Indices into the project's table of wheel tags.
        has_sdist: Is there a source distribution?
        encoded: The files, MessagePack; read `files` instead.
    """

    version: str
    tags: tuple[int, ...]
    has_sdist: bool
    encoded: bytes

    @property
    def files(self) -> tuple[File, ...]:
        """The release's files in the index's order (decoded at each call)."""
        return _decode_files(self.encoded)

    @property
    def is_prerelease(self) -> bool:
        """Would an installer pass it over unless asked?"""
        return Version(self.version).is_prerelease


_decode_files = msgspec.msgpack.Decoder(tuple[File, ...]).decode
_encode = msgspec.msgpack.Encoder().encode


def pack_release(
    version: str, files: Sequence[File], index_of_tag: Callable[[str], int]
) -> Release:
    """A release of these files; `index_of_tag` looks up the project's table."""
    tags = dict.fromkeys(f.tag for f in files if f.is_wheel)
    return Release(
        version=version,
        tags=tuple(map(index_of_tag, tags)),
        has_sdist=not all(f.is_wheel for f in files),
        encoded=_encode(files),
    )


class Project(msgspec.Struct, frozen=True, array_like=True, dict=True):
    """All releases of one project that carry files, newest version first.

    Attributes:
        name: Normalised.
        tags: The table of distinct wheel tag triples.
        releases: Newest first, by version.
        dropped: Files whose names tell no version, passed over.
        undated: Files that `as_of` left out because the index does not say
            when they were uploaded.
    """

    name: str
    tags: tuple[str, ...]
    releases: tuple[Release, ...]
    dropped: int = 0
    undated: int = 0

    @cached_property
    def by_version(self) -> dict[str, Release]:
        """The releases by normalised version."""
        return {release.version: release for release in self.releases}

    def as_of(self, timestamp: int) -> Project:
        """The project as it stood at `timestamp`, seconds since the epoch.

        Files uploaded later are left out, and so are files of unknown date
        (as uv's `--exclude-newer` has it), which are counted in `undated`. An
        index does not say when a file was yanked or deleted: what is yanked
        now counts as yanked then, and what is gone now is missing.

        Raises:
            PackageIndexError: The index dates none of the project's files.
        """
        releases = []
        undated = dated = 0
        for release in self.releases:
            files = release.files
            known = [f for f in files if f.uploaded is not None]
            kept = tuple(f for f in known if f.uploaded is not None and f.uploaded <= timestamp)
            dated += len(known)
            undated += len(files) - len(known)
            if len(kept) == len(files):
                releases.append(release)
            elif kept:
                releases.append(pack_release(release.version, kept, self.tags.index))
        if undated and not dated:
            raise PackageIndexError(
                f"the index does not say when the files of {self.name} were uploaded, "
                "so it cannot be asked how they stood on a day"
            )
        return msgspec.structs.replace(self, releases=tuple(releases), undated=undated)


class Metadata(msgspec.Struct, frozen=True, array_like=True):
    """The parts of a distribution's core metadata that ungil uses.

    Attributes:
        requires_dist: Requirement strings as written.
        requires_python: As written, None if unlimited.
        classifiers: As written.
        provides_extra: Normalised extra names.
        dynamic_dependencies: True when the source says that its dependencies
            are known only after a build, so `requires_dist` may be wrong.
    """

    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    classifiers: tuple[str, ...] = ()
    provides_extra: tuple[str, ...] = ()
    dynamic_dependencies: bool = False


@lru_cache(maxsize=4096)  # a few dozen distinct ones cover an index
def admits(requires_python: str | None, version: str) -> bool:
    """Does a `Requires-Python` admit this Python version (e.g. `3.14.0`)?

    A specifier that cannot be read admits everything, as pip has it.
    """
    if not requires_python:
        return True
    try:
        return SpecifierSet(requires_python).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True
