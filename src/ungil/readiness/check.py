"""`check`: what would be installed on each target, and how each piece stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ungil import rules
from ungil.findings import Finding, Report, Verdict
from ungil.index import (
    File,
    Metadata,
    PackageIndexError,
    Project,
    ProjectNotFoundError,
    admits,
)
from ungil.project import Pin, Selection, Subject, Unindexed
from ungil.readiness.judge import Judge, Judged
from ungil.readiness.wheels import judge_wheels
from ungil.resolution import Index, Resolution, ResolutionError, resolve
from ungil.target import Target

__all__ = ["Options", "Progress", "check"]

_THREADS = 16

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
    """

    extras: frozenset[str] = frozenset()
    groups: frozenset[str] | None = None
    only_binary: bool = False
    as_of: date | None = None


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
    for target in targets:
        selection = _merge(
            subject.select(target.environment, extras=options.extras, groups=options.groups)
            for subject in subjects
        )
        notes |= dict.fromkeys(selection.notes)
        for verdict, found in _judged(selection, seen, target, options, progress):
            verdicts += [verdict] if verdict else []
            findings += found
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


def _judged(
    selection: Selection, index: Index, target: Target, options: Options, progress: Progress
) -> list[Judged]:
    """Everything one target has to say about a selection."""
    judge = Judge(index, target, options.only_binary)
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
    judged += judge_wheels(judge, selection.wheels)
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
            notes=merged.notes + s.notes,
            prereleases=merged.prereleases or s.prereleases,
            requires_python=merged.requires_python or s.requires_python,
        )
    return merged


def _name_of(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)
