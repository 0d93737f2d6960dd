"""Names -> packages: ask the index, many at a time, and keep only what is told.

An answer is digested as soon as it comes and then let go: the pages of hundreds of
packages would fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ungil.ecosystem.calendar import day_of, days, end_of
from ungil.ecosystem.countings import Counting, ours, published
from ungil.ecosystem.history import History, first_fitting, history
from ungil.ecosystem.latest import Latest
from ungil.ecosystem.model import PUBLISHED, Group, Package, Point, View
from ungil.index import File, PackageIndexError, Project
from ungil.project import Pin
from ungil.readiness import Index, Reader, stand
from ungil.target import Target

__all__ = ["Gatherer", "Progress"]

_THREADS = 16

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


@dataclass(frozen=True)
class Gatherer:
    """Asks an index about packages.

    Attributes:
        index: Whose answers count.
        targets: By the ids of the views that are for one.
        start: The first day of every timeline.
        as_of: The last one.
        declarations: Also read what the modules of fitting wheels declare?
    """

    index: Index
    targets: Mapping[str, Target]
    start: date
    as_of: date
    declarations: bool = False

    @property
    def views(self) -> list[View]:
        """The published one, and one for each target."""
        return [
            View(PUBLISHED),
            *(View(id_, str(t.python), str(t.platform)) for id_, t in self.targets.items()),
        ]

    def gather(self, names: Sequence[str], progress: Progress) -> list[Package]:
        """The packages in the order of their names, which must differ.

        What comes in the way of one is its `problem`, and holds up no other.
        """
        countings: dict[str, Counting] = {PUBLISHED: published}
        countings |= {id_: ours(target) for id_, target in self.targets.items()}
        moments = [end_of(day) for day in days(self.start, self.as_of)]
        listed = frozenset(names)

        def ask(name: str) -> Package:
            try:
                project = self.index.project(name)
                past = history(project, moments, countings)
            except PackageIndexError as error:
                return self._unknown(name, f"{error}", countings)
            return self._package(project, past, moments[-1], listed)

        packages: dict[str, Package] = {}
        with _pool() as pool:
            running: dict[Future[Package], str] = {pool.submit(ask, name): name for name in names}
            for done, future in enumerate(as_completed(running), 1):
                packages[running.pop(future)] = future.result()
                progress("asking the index", done, len(names))
        return [packages[name] for name in names]

    def _unknown(self, name: str, why: str, countings: Mapping[str, Counting]) -> Package:
        never = Point(self.start.isoformat(), Group.UNKNOWN, "not-answered", None)
        return Package(name=name, timelines={id_: [never] for id_ in countings}, problem=why)

    def _package(
        self, project: Project, past: History, until: int, listed: frozenset[str]
    ) -> Package:
        last = past.last
        first = {
            id_: found
            for id_, target in self.targets.items()
            if (found := first_fitting(project, target, until)) is not None
        }
        return Package(
            name=project.name,
            version=last.version,
            released=day_of(last.files[0].uploaded or 0).isoformat() if last.files else None,
            timelines=past.timelines,
            first=first,
            keeps_gil_off=self._declared(project.name, last) if self.declarations else {},
            requires=self._required(project.name, last, listed),
        )

    def _declared(self, name: str, last: Latest) -> dict[str, bool | None]:
        if last.version is None:
            return {}
        found = {}
        for id_, target in self.targets.items():
            if target.python.free_threaded:
                standing = stand(last.files, target)
                reading = Reader(self.index, target).of_pin(Pin(name, last.version), standing)
                if reading is not None:
                    found[id_] = reading.keeps_gil_off
        return found

    def _required(self, name: str, last: Latest, listed: frozenset[str]) -> list[str] | None:
        """What the release requires of the list on the first target; None if not told."""
        file = _telling(last.files)
        if file is None or last.version is None:
            return None
        try:
            metadata = self.index.metadata(name, last.version, file)
        except PackageIndexError:
            return None
        environment = {**next(iter(self.targets.values())).environment, "extra": ""}
        found = set()
        for text in metadata.requires_dist:
            try:
                requirement = Requirement(text)
            except InvalidRequirement:
                continue  # no installer could take it either
            if requirement.marker is None or requirement.marker.evaluate(environment):
                found.add(canonicalize_name(requirement.name))
        return sorted(found & listed - {name})


def _telling(files: Sequence[File]) -> File | None:
    """A file whose metadata costs little to read: never a whole source distribution."""
    cheap = (file for file in files if file.is_wheel or file.has_metadata)
    return min(cheap, key=lambda file: (not file.has_metadata, not file.is_wheel), default=None)


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that nobody waits for once the user has had enough."""
    pool = ThreadPoolExecutor(_THREADS)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
