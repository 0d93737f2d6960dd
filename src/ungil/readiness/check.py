"""`check`: what would be installed on each target, and how each piece stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import BinaryIO, TypeVar

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ungil import rules
from ungil.findings import Evidence, Finding, Report, Verdict
from ungil.index import (
    File,
    Learnt,
    Metadata,
    PackageIndexError,
    Project,
    ProjectNotFoundError,
    admits,
)
from ungil.project import Pin, Place, Selection, Subject, Unindexed
from ungil.readiness.declarations import Index
from ungil.readiness.importing import Importer
from ungil.readiness.in_place import judge_in_place
from ungil.readiness.judge import Judge, Judged
from ungil.readiness.reader import Reader
from ungil.readiness.wheels import judge_wheels
from ungil.resolution import Resolution, ResolutionError, resolve
from ungil.target import Target

__all__ = ["Options", "Progress", "check"]

_THREADS = 16

T = TypeVar("T")

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to look.

    Attributes:
        extras: Normalised names of the project's extras to include.
        groups: Dependency groups; None for the subject's default.
        only_binary: Never count on a source distribution.
        as_of: Answer as the index stood at the end of this day (UTC).
        evidence: `TAG` to look at no binary; `DECLARATION` to read them.
        importer: Confirms what was read by running the code; None for never.
    """

    extras: frozenset[str] = frozenset()
    groups: frozenset[str] | None = None
    only_binary: bool = False
    as_of: date | None = None
    evidence: Evidence = Evidence.DECLARATION
    importer: Importer | None = None


def check(
    name: str,
    subjects: Sequence[Subject],
    targets: Sequence[Target],
    index: Index,
    options: Options = Options(),
    *,
    progress: Progress = lambda *_: None,
) -> Report:
    """Judge every distribution of the subjects on every target.

    Raises:
        SubjectError: A subject has no such extra or group.
    """
    seen: Index = _AsOf(index, options.as_of) if options.as_of else index
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    notes: dict[str, None] = {}
    directories: dict[Place, None] = {}
    for target in targets:
        selection = _merge(
            subject.select(target.environment, extras=options.extras, groups=options.groups)
            for subject in subjects
        )
        notes |= dict.fromkeys(selection.notes)
        if options.evidence is not Evidence.TAG and target.python.free_threaded:
            directories |= dict.fromkeys(selection.directories)
        for verdict, found in _judged(selection, seen, target, options, progress):
            verdicts += [verdict] if verdict else []
            findings += found
    for directory in directories:
        progress(f"reading the sources of {directory.label}", 0, 0)
        said, remarks = _of_sources(directory)
        findings += said
        notes |= dict.fromkeys(remarks)
    return Report(
        verb="check",
        subject=name,
        targets=tuple(dict.fromkeys(str(t.python) for t in targets)),
        platforms=tuple(dict.fromkeys(str(t.platform) for t in targets)),
        verdicts=tuple(verdicts),
        findings=tuple(findings),
        as_of=options.as_of.isoformat() if options.as_of else None,
        notes=tuple(notes),
    )


def _of_sources(directory: Place) -> tuple[list[Finding], tuple[str, ...]]:
    """What a project's own sources say, whatever the target; findings and notes."""
    from ungil.sources import inspect  # noqa: PLC0415 - of no use to who checks a lock alone

    inspection = inspect(directory.path)
    found = [
        replace(f, location=replace(f.location, path=directory.inside(f.location.path).label))
        if f.location
        else f
        for f in inspection.findings
    ]
    return found, inspection.notes


@dataclass(frozen=True, slots=True)
class _AsOf:
    """The index as it stood at the end of a day."""

    index: Index
    day: date

    def project(self, name: str) -> Project:
        end = datetime.combine(self.day, time.max, UTC)
        project = self.index.project(name).as_of(int(end.timestamp()))
        if project.undated:
            raise PackageIndexError(
                f"the index does not say when {project.undated} files of {name} were uploaded, "
                f"so how it stood on {self.day} cannot be told"
            )
        if not project.releases:
            raise ProjectNotFoundError(f"{name} had no file on the index on {self.day}")
        return project

    def metadata(self, name: str, version: str, file: File) -> Metadata:
        return self.index.metadata(name, version, file)

    def open(self, file: File) -> AbstractContextManager[BinaryIO]:
        return self.index.open(file)

    def fetch(self, file: File) -> AbstractContextManager[Path]:
        return self.index.fetch(file)

    def learnt(self, kind: str, of: type[T]) -> Learnt[T]:
        return self.index.learnt(kind, of)


def _judged(
    selection: Selection, index: Index, target: Target, options: Options, progress: Progress
) -> list[Judged]:
    """Everything one target has to say about a selection."""
    reader = _reader(index, target, options)
    judge = Judge(index, target, options.only_binary, reader=reader)
    pins = list(selection.pins)
    judged: list[Judged] = []
    if selection.wanted:
        progress(f"resolving for {target}", 0, 0)
        try:
            found = _resolved(selection, judge)
        except ResolutionError as error:
            fix = "Make the requirements agree, then check again."
            finding = judge.finding(rules.UNRESOLVABLE, "the requirements", f"{error}", fix)
            judged.append((None, [finding]))
        else:
            judge = replace(judge, passed_over=found.passed_over)
            pins += _pins(selection, found)
            judged += _unlearnt(selection, found, judge)
    judged += [judge.unindexed(entry) for entry in selection.unindexed]
    if reader is not None and reader.importer is not None:
        reader.importer.warn(target, len(pins) + len(selection.wheels))
    judged += judge_wheels(judge, selection.wheels)
    judged += judge_in_place(judge, selection.directories)
    python = target.environment["python_full_version"]
    if not admits(selection.requires_python, python):
        message = f"Its requires-python is {selection.requires_python!r}."
        fix = f"Widen it to admit {target.python.number}, then lock again."
        finding = judge.finding(rules.PYTHON_EXCLUDED, "the project itself", message, fix)
        judged.append((None, [finding]))
    with ThreadPoolExecutor(_THREADS) as pool:
        for done, result in enumerate(pool.map(judge.pin, pins), 1):
            progress(f"judging for {target}", done, len(pins))
            judged.append(result)
    return judged


def _reader(index: Index, target: Target, options: Options) -> Reader | None:
    """What reads modules for a target, None where the GIL is on anyway or nobody asks."""
    if options.evidence is Evidence.TAG or not target.python.free_threaded:
        return None
    importer = options.importer
    return Reader(index, target, importer if importer and importer.serves(target) else None)


def _resolved(selection: Selection, judge: Judge) -> Resolution:
    return resolve(
        [w.requirement for w in selection.wanted],
        [c.requirement for c in selection.constraints],
        index=judge.index,
        target=judge.target,
        excludes=[u.name for u in selection.unindexed],
        only_binary=judge.only_binary,
        prereleases=selection.prereleases,
    )


def _pins(selection: Selection, found: Resolution) -> list[Pin]:
    """What was resolved, as if it had been locked."""
    asked = {_name_of(w.requirement): w.location for w in reversed(selection.wanted)}
    locked = {pin.name for pin in selection.pins}
    return [
        Pin(
            name,
            version,
            location=asked.get(name),
            direct=name in asked,
            required_by=found.required_by.get(name, ()),
        )
        for name, version in found.versions.items()
        if name not in locked
    ]


def _unlearnt(selection: Selection, found: Resolution, judge: Judge) -> list[Judged]:
    """What the resolution could not find out."""
    asked = {_name_of(w.requirement): w.location for w in reversed(selection.wanted)}
    why = "The index does not know this name."
    judged = [
        judge.unknown(name, None, rules.UNKNOWN_NAME, why, asked.get(name))
        for name in sorted(found.missing)
    ]
    judged += [
        judge.unknown(name, None, rules.INDEX_UNAVAILABLE, why, asked.get(name))
        for name, why in sorted(found.failures.items())
    ]
    for (name, version), why in sorted(found.incomplete.items()):
        finding = judge.finding(
            rules.DEPENDENCIES_UNKNOWN,
            f"{name} {version}",
            f"What it depends on is not known: {why}.",
            "Check a lock file instead, or a version that has a wheel.",
        )
        judged.append((None, [finding]))
    judged += [
        judge.unindexed(Unindexed(name, f"{name}, {who}", "url"))
        for name, who in sorted(found.unindexed.items())
    ]
    return judged


def _merge(selections: Iterable[Selection]) -> Selection:
    merged = Selection()
    for s in selections:
        merged = replace(
            merged,
            pins=tuple(dict.fromkeys(merged.pins + s.pins)),
            wanted=merged.wanted + s.wanted,
            constraints=merged.constraints + s.constraints,
            unindexed=merged.unindexed + s.unindexed,
            wheels=merged.wheels + s.wheels,
            directories=merged.directories + s.directories,
            notes=merged.notes + s.notes,
            prereleases=merged.prereleases or s.prereleases,
            requires_python=merged.requires_python or s.requires_python,
        )
    return merged


def _name_of(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)
