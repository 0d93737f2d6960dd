"""`check`: what would be installed on each target, and how each piece stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Protocol

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ungil import rules
from ungil.findings import Evidence, Finding, Location, Report, Rule, Severity, Verdict
from ungil.index import (
    File,
    Metadata,
    PackageIndexError,
    Project,
    ProjectNotFoundError,
    admits,
)
from ungil.project import LocalWheel, Pin, Selection, Subject, Unindexed
from ungil.readiness.history import History, history
from ungil.readiness.remedy import remedy
from ungil.readiness.standing import READY, Standing, stand
from ungil.readiness.tags import suggest_tag, tag_is_impossible
from ungil.resolution import Resolution, ResolutionError, resolve
from ungil.target import Target

__all__ = ["Index", "Options", "Progress", "check"]

_CLAIM = "Programming Language :: Python :: Free Threading"
_THREADS = 16

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


class Index(Protocol):
    """What a check asks of a package index; safe to call from threads."""

    def project(self, name: str) -> Project:
        """All releases of a project; raises PackageIndexError."""

    def metadata(self, name: str, version: str, file: File) -> Metadata:
        """The core metadata of one file; raises PackageIndexError."""


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
        run = _Run(seen, target, options, progress)
        for verdict, found in run.judge(selection):
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
        if not project.releases:
            raise ProjectNotFoundError(f"{name} had no file on the index on {self.day}")
        return project

    def metadata(self, name: str, version: str, file: File) -> Metadata:
        return self.index.metadata(name, version, file)


_Judged = tuple[Verdict | None, list[Finding]]


@dataclass
class _Run:
    """One target of one check."""

    index: Index
    target: Target
    options: Options
    progress: Progress
    resolution: Resolution = field(default_factory=lambda: Resolution({}))

    def judge(self, selection: Selection) -> list[_Judged]:
        pins, judged = self._pins(selection)
        judged += [self._unindexed(entry) for entry in selection.unindexed]
        judged += self._local(selection.wheels)
        if selection.requires_python and not admits(
            selection.requires_python, self.target.environment["python_full_version"]
        ):
            wanted = f"requires-python is {selection.requires_python!r}"
            judged.append(
                (
                    None,
                    [
                        self._finding(
                            rules.PYTHON_EXCLUDED,
                            "the project itself",
                            f"Its {wanted}, which excludes {self.target.python.number}.",
                            "Widen requires-python, then lock again.",
                        )
                    ],
                )
            )
        done = 0
        with ThreadPoolExecutor(_THREADS) as pool:
            for result in pool.map(self._pin, pins):
                done += 1
                self.progress(f"judging for {self.target}", done, len(pins))
                judged.append(result)
        return judged

    def _pins(self, selection: Selection) -> tuple[list[Pin], list[_Judged]]:
        pins = list(selection.pins)
        if not selection.wanted:
            return pins, []
        self.progress(f"resolving for {self.target}", 0, 0)
        try:
            self.resolution = found = resolve(
                [w.requirement for w in selection.wanted],
                [c.requirement for c in selection.constraints],
                index=self.index,
                target=self.target,
                excludes=[u.name for u in selection.unindexed],
                only_binary=self.options.only_binary,
                prereleases=selection.prereleases,
            )
        except ResolutionError as error:
            finding = self._finding(
                rules.UNRESOLVABLE,
                "the requirements",
                f"{error}",
                "Make the requirements agree, then check again.",
            )
            return pins, [(None, [finding])]
        asked = {_name_of(w.requirement): w.location for w in reversed(selection.wanted)}
        locked = {pin.name for pin in pins}
        pins += [
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
        why = "The index does not know this name."
        judged = [
            self._unknown(name, None, rules.UNKNOWN_NAME, why, asked.get(name))
            for name in sorted(found.missing)
        ]
        judged += [
            self._unknown(name, None, rules.INDEX_UNAVAILABLE, why, asked.get(name))
            for name, why in sorted(found.failures.items())
        ]
        for (name, version), why in sorted(found.incomplete.items()):
            finding = self._finding(
                rules.DEPENDENCIES_UNKNOWN,
                f"{name} {version}",
                f"What it depends on is not known: {why}.",
                "Check a lock file instead, or a version that has a wheel.",
            )
            judged.append((None, [finding]))
        judged += [
            self._unindexed(Unindexed(name, f"{name}, {who}", "url"))
            for name, who in sorted(found.unindexed.items())
        ]
        return pins, judged

    def _pin(self, pin: Pin) -> _Judged:
        try:
            project = self.index.project(pin.name)
        except ProjectNotFoundError as error:
            return self._unknown(
                pin.name, pin.version, rules.UNKNOWN_NAME, f"{error}", pin.location
            )
        except PackageIndexError as error:
            return self._unknown(
                pin.name, pin.version, rules.INDEX_UNAVAILABLE, f"{error}", pin.location
            )
        release = project.by_version.get(pin.version)
        if release is None:
            return self._unknown(
                pin.name,
                pin.version,
                rules.UNKNOWN_VERSION,
                f"The index has {pin.name}, but not version {pin.version}.",
                pin.location,
            )
        files = release.files
        allowed = _allowed(pin, files)
        wrong = [f for f in allowed if pin.files and _differs(pin, f)]
        if not allowed or wrong:
            what = wrong[0].name if wrong else f"all files of {pin.name} {pin.version}"
            return self._unknown(
                pin.name,
                pin.version,
                rules.HASH_MISMATCH,
                f"The lock's hash does not match what the index serves for {what}.",
                pin.location,
            )
        standing = self._stand(allowed)
        past = history(project, self.target)
        return self._judged(pin, standing, past, files, allowed)

    def _stand(self, files: Sequence[File]) -> Standing:
        if self.options.only_binary:
            files = [f for f in files if f.is_wheel]
            if not files:
                message = "It has no wheel at all, and building is not allowed (only-binary)."
                return Standing(rules.NOTHING_FITS, False, None, None, message)
        return stand(files, self.target)

    def _judged(
        self,
        pin: Pin,
        standing: Standing,
        past: History,
        files: Sequence[File],
        allowed: Sequence[File],
    ) -> _Judged:
        claim, why = self._claim(pin, standing, allowed)
        reason = why
        if standing.keeps_gil_off is None and standing.installs:
            reason = "Only the binaries tell whether the modules keep the GIL off. " + why
        verdict = Verdict(
            name=pin.name,
            version=pin.version,
            target=str(self.target.python),
            platform=str(self.target.platform),
            case=standing.case,
            installs=standing.installs,
            keeps_gil_off=standing.keeps_gil_off,
            claims_support=True if claim else None,
            claim=claim,
            evidence=Evidence.TAG,
            file=standing.file.name if standing.file else None,
            newest=past.newest,
            first=past.first,
            first_date=past.first_date,
            reason=(standing.message if standing.installs is None else reason).strip(),
            direct=pin.direct,
        )
        subject = f"{pin.name} {pin.version}"
        findings = []
        if standing.case.severity is not Severity.NOTE:
            what = remedy(standing.case, pin, past)
            findings.append(
                self._finding(standing.case, subject, standing.message, what, pin.location)
            )
        findings += self._beside(pin, subject, standing, files, allowed)
        return verdict, findings

    def _beside(
        self,
        pin: Pin,
        subject: str,
        standing: Standing,
        files: Sequence[File],
        allowed: Sequence[File],
    ) -> list[Finding]:
        """What else there is to say, whatever the case."""
        found = []
        newer = self.resolution.passed_over.get(pin.name)
        if newer is not None:
            message = f"{newer} is newer, but the target can take none of its files."
            fix = f"Pin {pin.name}=={pin.version} if that is what you want, or wait for {newer}."
            found.append(self._finding(rules.OLDER_CHOSEN, subject, message, fix, pin.location))
        yanked = [f for f in allowed if f.yanked is not None]
        if yanked and len(yanked) == len(allowed):
            why = f": {yanked[0].yanked}" if yanked[0].yanked else ", without a reason given"
            message = f"It was yanked{why}."
            fix = f"Choose another version of {pin.name}."
            found.append(self._finding(rules.YANKED, subject, message, fix, pin.location))
        if len(allowed) < len(files) and standing.case not in READY:
            better = self._stand(files)
            if better.case in READY and better.file is not None:
                message = f"The index has {better.file.name}, which the lock does not list."
                fix = f"Lock {pin.name} again, e.g. with `uv lock --upgrade-package {pin.name}`."
                found.append(self._finding(rules.STALE_LOCK, subject, message, fix, pin.location))
        return found

    def _claim(self, pin: Pin, standing: Standing, files: Sequence[File]) -> tuple[str | None, str]:
        """What the classifiers claim, or why that is not known."""
        file = standing.file if standing.file and standing.file.is_wheel else None
        file = file or next((f for f in files if f.is_wheel), None)
        if file is None:
            return None, ""
        try:
            metadata = self.index.metadata(pin.name, pin.version, file)
        except PackageIndexError as error:
            return None, f"What it claims is not known: {error}"
        return _claimed(metadata.classifiers), ""

    def _local(self, wheels: Iterable[LocalWheel]) -> list[_Judged]:
        """Wheels at hand are judged by themselves, not by the index."""
        judged: list[_Judged] = []
        groups: dict[tuple[str, str], list[LocalWheel]] = {}
        for wheel in wheels:
            if wheel.problem:
                rule = rules.UNREADABLE_WHEEL
                judged.append(self._unknown(wheel.name, wheel.version, rule, wheel.problem))
            else:
                groups.setdefault((wheel.name, wheel.version or ""), []).append(wheel)
        for (name, version), group in groups.items():
            files = [File(w.path, "", requires_python=w.requires_python, tag=w.tag) for w in group]
            pin = Pin(name, version, direct=True)
            verdict, findings = self._local_judged(pin, files, group)
            judged.append((verdict, findings))
        return judged

    def _local_judged(
        self, pin: Pin, files: Sequence[File], group: Sequence[LocalWheel]
    ) -> tuple[Verdict, list[Finding]]:
        standing = stand(files, self.target)
        chosen = next(
            (w for w in group if standing.file and w.path == standing.file.name), group[0]
        )
        claim = _claimed(chosen.classifiers)
        verdict = Verdict(
            name=pin.name,
            version=pin.version,
            target=str(self.target.python),
            platform=str(self.target.platform),
            case=standing.case,
            installs=standing.installs,
            keeps_gil_off=standing.keeps_gil_off,
            claims_support=True if claim else None,
            claim=claim,
            evidence=Evidence.TAG,
            file=standing.file.name if standing.file else None,
            direct=True,
        )
        subject = f"{pin.name} {pin.version}"
        findings = [
            self._finding(
                rules.IMPOSSIBLE_TAG,
                subject,
                f"The tag {wheel.tag!r} of {wheel.path} fits no Python that exists.",
                f"Tag it {meant!r}." if (meant := suggest_tag(wheel.tag)) else "Build it again.",
            )
            for wheel in group
            if tag_is_impossible(wheel.tag)
        ]
        if standing.case.severity is not Severity.NOTE and not findings:
            fix = f"Build a wheel for {self.target.python.abi} as well, before you upload."
            findings.append(self._finding(standing.case, subject, standing.message, fix))
        return verdict, findings

    def _unindexed(self, entry: Unindexed) -> _Judged:
        words = {"vcs": "a version-control address", "url": "a URL", "path": "a local path"}
        where = words.get(entry.kind, "an editable directory")
        return self._unknown(
            entry.name,
            entry.version,
            rules.NOT_INDEXED,
            f"It comes from {where} ({entry.text}), which is neither fetched nor built.",
            entry.location,
        )

    def _unknown(
        self,
        name: str,
        version: str | None,
        rule: Rule,
        why: str,
        location: Location | None = None,
    ) -> _Judged:
        verdict = Verdict(
            name=name,
            version=version,
            target=str(self.target.python),
            platform=str(self.target.platform),
            case=rule,
            reason=why,
        )
        subject = f"{name} {version}" if version else name
        fix = _UNKNOWN_REMEDY[rule.code]
        return verdict, [self._finding(rule, subject, why, fix, location)]

    def _finding(
        self, rule: Rule, subject: str, message: str, fix: str, location: Location | None = None
    ) -> Finding:
        return Finding(
            rule,
            subject,
            message,
            fix,
            location=location,
            evidence=None if rule.severity is Severity.UNKNOWN else Evidence.TAG,
            target=str(self.target.python),
            platform=str(self.target.platform),
        )


_UNKNOWN_REMEDY: Mapping[str, str] = {
    "UG114": "Lock again if you trust the index; otherwise find out who changed the file.",
    "UG120": "Correct the name, or name the index that has it with --extra-index-url.",
    "UG121": "Check what it builds to, e.g. `ungil check dist/`, or ignore it with a reason.",
    "UG122": "Try again; --offline answers from what was learnt before.",
    "UG123": "Name the index that has it with --extra-index-url, or lock again.",
    "UG125": "Build the wheel again.",
}


def _merge(selections: Iterable[Selection]) -> Selection:
    merged = Selection()
    for s in selections:
        merged = replace(
            merged,
            pins=merged.pins + tuple(p for p in s.pins if p not in merged.pins),
            wanted=merged.wanted + s.wanted,
            constraints=merged.constraints + s.constraints,
            unindexed=merged.unindexed + s.unindexed,
            wheels=merged.wheels + s.wheels,
            notes=merged.notes + s.notes,
            prereleases=merged.prereleases or s.prereleases,
            requires_python=merged.requires_python or s.requires_python,
        )
    return merged


def _allowed(pin: Pin, files: Sequence[File]) -> list[File]:
    """The files of the release that the lock lets an installer take."""
    if pin.files is not None:
        return [f for f in files if f.name in pin.files]
    if pin.hashes:
        return [f for f in files if f.sha256 is None or f.sha256 in pin.hashes]
    return list(files)


def _differs(pin: Pin, file: File) -> bool:
    return bool(pin.hashes) and file.sha256 is not None and file.sha256 not in pin.hashes


def _claimed(classifiers: Iterable[str]) -> str | None:
    """The strongest level claimed, e.g. `2 - Beta`; `yes` for the bare classifier."""
    claims = [c for c in classifiers if c == _CLAIM or c.startswith(_CLAIM + " :: ")]
    return max((c.removeprefix(_CLAIM).removeprefix(" :: ") or "yes" for c in claims), default=None)


def _name_of(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)
