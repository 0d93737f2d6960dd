"""The index as one target sees it.

uv resolves versions, but it cannot be asked to resolve for a free-threaded
interpreter that is not here, and to learn the dependencies of a release that
only has a source distribution it would build it, which runs foreign code. So
uv is given a *view* of the index instead: one pretended pure-Python wheel for
each release, present only if the target may take a real file of that release,
and with the real file's metadata. uv then does what it is best at, and what
fits the target is decided in one place, by `ungil.index.fit`.

Rejected: a made-up interpreter that tells uv it is free-threaded (depends on
uv's private probe script, and still builds); a resolver of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from packaging.requirements import InvalidRequirement, Requirement

from ungil.index import (
    File,
    Metadata,
    PackageIndexError,
    Project,
    ProjectNotFoundError,
    admits,
    fitting_wheels,
    sources,
)
from ungil.target import Target

__all__ = ["Index", "Offer", "View"]


class Index(Protocol):
    """What a resolution asks of a package index."""

    def project(self, name: str, /) -> Project:
        """All releases of a project.

        Raises:
            ProjectNotFoundError: There is no such project.
            PackageIndexError: No usable answer.
        """

    def metadata(self, name: str, version: str, file: File, /) -> Metadata:
        """The core metadata of one file.

        Raises:
            PackageIndexError: No usable answer.
        """


@dataclass(frozen=True, slots=True)
class Offer:
    """What a view shows of one release.

    Attributes:
        version: Normalised.
        file: The file whose metadata counts: the fitting wheel, else any
            wheel, else the source distribution.
        usable: May the target take it? An offer that is not usable can only
            be had by pinning it exactly, like a yanked release (PEP 592), so
            that a pin that fits nothing still gets its row.
        admitted: Does its Requires-Python admit the target at all?
    """

    version: str
    file: File
    usable: bool
    admitted: bool


@dataclass
class View:
    """One target's view; also remembers what went wrong while uv asked.

    Attributes:
        index: Where the truth comes from.
        target: Whose view it is.
        only_binary: Are source distributions of no use?
        lent: Projects of which every release is shown as usable, because
            nothing that is asked for fits and the rest must still be resolved.
        missing: Names the index does not know.
        failures: Why the index gave no answer, by name.
        incomplete: Releases whose dependencies are not known, with the reason.
        unindexed: Direct references found in metadata, which are not followed.
    """

    index: Index
    target: Target
    only_binary: bool = False
    lent: Callable[[str], bool] = lambda _: False
    missing: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)
    incomplete: dict[tuple[str, str], str] = field(default_factory=dict)
    unindexed: dict[str, str] = field(default_factory=dict)
    _metadata: dict[tuple[str, str], Metadata] = field(default_factory=dict)
    _offers: dict[str, dict[str, Offer]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def offers(self, name: str) -> dict[str, Offer] | None:
        """What is shown of a project, by version; None if it cannot be had."""
        with self._lock:
            if name in self._offers:
                return self._offers[name]
        try:
            project = self.index.project(name)
        except ProjectNotFoundError:
            self.missing.add(name)
            return None
        except PackageIndexError as error:
            self.failures[name] = str(error)
            return None
        lent = self.lent(name)
        offers = {offer.version: offer for offer in self._offered(project, lent=lent)}
        with self._lock:
            return self._offers.setdefault(name, offers)

    def metadata(self, name: str, version: str) -> Metadata:
        """The metadata shown for a release; empty where it cannot be had.

        A failure is remembered in `incomplete` rather than raised: one
        unreadable release must not hide what is known of all the others.
        """
        key = (name, version)
        with self._lock:
            if key in self._metadata:
                return self._metadata[key]
        offer = (self.offers(name) or {})[version]
        try:
            metadata = self.index.metadata(name, version, offer.file)
        except PackageIndexError as error:
            self.incomplete[key] = str(error)
            metadata = Metadata()
        if metadata.dynamic_dependencies:
            self.incomplete[key] = "its source distribution says so only when it is built"
        with self._lock:
            return self._metadata.setdefault(key, metadata)

    def dependencies(self, name: str, version: str) -> Iterator[Requirement]:
        """The readable requirements of a release that name a project of an index."""
        for text in self.metadata(name, version).requires_dist:
            try:
                requirement = Requirement(text)
            except InvalidRequirement:
                self.incomplete[name, version] = f"it requires {text!r}, which cannot be read"
                continue
            if requirement.url:
                # Fetching what foreign metadata points to is not ours to do.
                self.unindexed[requirement.name] = f"required by {name} from a URL"
                continue
            yield requirement

    def _offered(self, project: Project, *, lent: bool) -> Iterator[Offer]:
        python = self.target.environment["python_full_version"]
        for release in project.releases:
            files = release.files
            wheels = fitting_wheels(files, self.target)
            built = [] if self.only_binary else sources(files, self.target)
            # Any wheel of a release tells its dependencies better than a source
            # distribution, which often knows them only once it is built.
            others = sorted(files, key=lambda f: not f.is_wheel)
            best = [*wheels, *others][0]
            admitted = any(admits(file.requires_python, python) for file in files)
            yield Offer(release.version, best, lent or bool(wheels or built), admitted)
