"""What a user points at, as plain values.

A *subject* is read once; a *selection* of it for one target is either a list
of pins (a lock, an environment, wheels) or requirements that still need a
resolver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ungil.findings import Location

if TYPE_CHECKING:
    from ungil.project.places import Place

__all__ = [
    "Installed",
    "LocalWheel",
    "Pin",
    "Selection",
    "Subject",
    "SubjectError",
    "Unindexed",
    "Wanted",
]


class SubjectError(ValueError):
    """A subject that cannot be read; the message is one line for the user.

    It says what is wrong, where (path and line), and what to do.
    """


@dataclass(frozen=True, slots=True)
class Installed:
    """Where a distribution is installed.

    Attributes:
        abi: Of the interpreter it is installed for, e.g. `cp314t`.
        folder: That is searched for its modules, e.g. site-packages.
        record: Its RECORD, which lists its files.
    """

    abi: str
    folder: Path
    record: Path


@dataclass(frozen=True, slots=True)
class Pin:
    """One distribution at one version, as locked or installed.

    Attributes:
        name: Normalised.
        version: Normalised.
        location: Where the subject says so.
        files: The file names that the lock allows; None where it lists none.
        hashes: `sha256` digests (lower-case hex) that the lock allows; empty
            where it lists none.
        direct: Is it asked for by the project itself? None if not told.
        required_by: Normalised names of what asks for it, if told.
        installed: Where it is installed, if it is.
    """

    name: str
    version: str
    location: Location | None = None
    files: tuple[str, ...] | None = None
    hashes: frozenset[str] = frozenset()
    direct: bool | None = None
    required_by: tuple[str, ...] = ()
    installed: Installed | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One requirement as written, e.g. `numpy>=2; python_version >= "3.12"`.

    Attributes:
        requirement: PEP 508, without hashes, comments or options.
        location: Where it stands.
        hashes: `sha256` digests that pip's `--hash` allows; empty if none.
    """

    requirement: str
    location: Location | None = None
    hashes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unindexed:
    """Something asked for that does not come from a package index.

    A VCS, URL, local-path or editable requirement: ungil does not fetch or
    build it, so its row is unknown.

    Attributes:
        name: Normalised name if it is told; otherwise the text as written.
        text: As written, credentials removed.
        kind: `vcs`, `url`, `path` or `editable`.
        location: Where it stands.
        version: If told.
    """

    name: str
    text: str
    kind: str
    location: Location | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class LocalWheel:
    """A wheel at hand: its verdict comes from the file, not from an index.

    Attributes:
        path: As the user would write it, with forward slashes.
        name: Normalised; the file's name where that is not a wheel's name.
        version: Normalised; None where the file's name does not tell.
        tag: The tag triple as in the file's name, e.g. `cp314-cp314t-win_amd64`;
            empty where the name does not tell.
        requires_python: As its metadata says.
        classifiers: As its metadata says.
        problem: Why the file cannot be trusted, one sentence; empty if it can.
        file: Where it is.
    """

    path: str
    name: str
    version: str | None
    tag: str
    requires_python: str | None = None
    classifiers: tuple[str, ...] = ()
    problem: str = ""
    file: Path = field(default=Path(), compare=False)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a subject asks for on one target.

    Either `pins` are complete, or `wanted` is to be resolved (under
    `constraints`); both may be filled when several subjects are put together.

    Attributes:
        pins: Exact versions.
        wanted: Requirements to resolve.
        constraints: Requirements that limit versions without asking for them.
        unindexed: What no index carries.
        wheels: Wheels at hand, every one of them, whether or not it fits.
        directories: Those of projects, with sources and what is built in place.
        requires_python: The subject's own `requires-python`, as a PEP 440
            specifier; it may exclude the target.
        notes: Sentences for the report, e.g. that a lock excludes the target.
        indexes: The index address that the subject names in place of the
            default one (`-i` in a requirements file); at most one. Kept as
            written, credentials included and variables expanded, since the
            index client needs them: never show them.
        extra_indexes: Addresses asked beside it (`--extra-index-url`), in
            order, kept likewise.
        find_links: Likewise; a relative path is made absolute.
        prereleases: True where the subject asks for pre-releases (`--pre`).
    """

    pins: tuple[Pin, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    constraints: tuple[Wanted, ...] = ()
    unindexed: tuple[Unindexed, ...] = ()
    wheels: tuple[LocalWheel, ...] = ()
    directories: tuple[Place, ...] = ()
    requires_python: str | None = None
    notes: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    extra_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    prereleases: bool = False


class Subject(Protocol):
    """A subject that has been read and is well-formed."""

    @property
    def path(self) -> str:
        """The file or directory it was read from, as the user would write it."""

    def select(
        self,
        environment: Mapping[str, str],
        *,
        extras: frozenset[str] = frozenset(),
        groups: frozenset[str] | None = None,
    ) -> Selection:
        """What it asks for in one marker environment.

        Args:
            environment: A full PEP 508 marker environment.
            extras: Normalised names of extras to include.
            groups: Normalised names of dependency groups to include; None for
                the subject's own default.

        Raises:
            SubjectError: An extra or group that the subject does not have
                (the message names those it has), or an entry for this
                environment that cannot be made sense of.
        """
