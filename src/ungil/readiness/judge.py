"""One distribution on one target -> its verdict, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ungil import rules
from ungil.findings import Evidence, Finding, Location, Rule, Severity, Verdict
from ungil.index import File, PackageIndexError, Project, ProjectNotFoundError
from ungil.project import Pin, Unindexed
from ungil.readiness.declarations import Index, Reading
from ungil.readiness.history import History, history
from ungil.readiness.reader import Reader
from ungil.readiness.remedy import Newer, remedy, switching_remedy
from ungil.readiness.standing import READY, Standing, stand
from ungil.readiness.switching import said_of
from ungil.target import Target

__all__ = ["Judge", "Judged", "claimed", "with_reading"]

_CLAIM = "Programming Language :: Python :: Free Threading"

Judged = tuple[Verdict | None, list[Finding]]
"""A row of the table, if there is one, and its findings."""


@dataclass(frozen=True)
class Judge:
    """Judges distributions on one target; safe to use from threads.

    Attributes:
        index: Where files and metadata come from.
        target: For which Python and platform.
        only_binary: Are source distributions of no use?
        passed_over: By name, a newer version that was not chosen because the
            target can take none of its files.
        reader: Reads what the modules declare; None where that is not asked.
    """

    index: Index
    target: Target
    only_binary: bool = False
    passed_over: Mapping[str, str] = field(default_factory=dict)
    reader: Reader | None = None

    def pin(self, pin: Pin) -> Judged:
        """Judge one version of an index's project."""
        try:
            project = self.index.project(pin.name)
        except ProjectNotFoundError as error:
            return self.unknown(pin.name, pin.version, rules.UNKNOWN_NAME, f"{error}", pin.location)
        except PackageIndexError as error:
            return self.unknown(
                pin.name, pin.version, rules.INDEX_UNAVAILABLE, f"{error}", pin.location
            )
        release = project.by_version.get(pin.version)
        if release is None:
            return self.unknown(
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
            return self.unknown(
                pin.name,
                pin.version,
                rules.HASH_MISMATCH,
                f"The lock's hash does not match what the index serves for {what}.",
                pin.location,
            )
        standing = self._stand(allowed)
        past = history(project, self.target)
        found = self._judged(pin, standing, past, files, allowed)
        reading = None if self.reader is None else self.reader.of_pin(pin, standing)
        return found if reading is None else self._with_modules(found, pin, project, past, reading)

    def _stand(self, files: Sequence[File]) -> Standing:
        if self.only_binary:
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
    ) -> Judged:
        claim, why = self._claim(pin, standing, allowed)
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
            reason=standing.message if standing.installs is None else why or self._unread(standing),
            direct=pin.direct,
        )
        subject = f"{pin.name} {pin.version}"
        findings = []
        if standing.case.severity is not Severity.NOTE:
            what = remedy(standing.case, pin, past)
            findings.append(
                self.finding(standing.case, subject, standing.message, what, pin.location)
            )
        findings += self._beside(pin, subject, standing, files, allowed)
        return verdict, findings

    def _unread(self, standing: Standing) -> str:
        """Why it is not known what the modules declare, where nothing is read."""
        if standing.keeps_gil_off is not None or not standing.installs or self.reader is not None:
            return ""
        return "Only the binaries tell whether the modules keep the GIL off; they were not read."

    def _with_modules(
        self, found: Judged, pin: Pin, project: Project, past: History, reading: Reading
    ) -> Judged:
        """A row, completed by what its modules declare."""
        verdict, findings = found
        said = said_of(reading)
        newer = Newer()
        if self.reader is not None and not all(one.remedy for one in said):
            newer = self.reader.newer(pin, project, past)
        for one in said:
            fix = one.remedy or switching_remedy(one.rule, pin, newer)
            subject = f"{pin.name} {pin.version}"
            findings.append(
                self.finding(one.rule, subject, one.message, fix, pin.location, one.evidence)
            )
        return verdict and with_reading(verdict, reading), findings

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
        newer = self.passed_over.get(pin.name)
        if newer is not None:
            message = f"{newer} is newer, but the target can take none of its files."
            fix = f"Pin {pin.name}=={pin.version} if that is what you want, or wait for {newer}."
            found.append(self.finding(rules.OLDER_CHOSEN, subject, message, fix, pin.location))
        yanked = [f for f in allowed if f.yanked is not None]
        if yanked and len(yanked) == len(allowed):
            why = f": {yanked[0].yanked}" if yanked[0].yanked else ", without a reason given"
            message = f"It was yanked{why}."
            fix = f"Choose another version of {pin.name}."
            found.append(self.finding(rules.YANKED, subject, message, fix, pin.location))
        if len(allowed) < len(files) and standing.case not in READY:
            better = self._stand(files)
            if better.case in READY and better.file is not None:
                message = f"The index has {better.file.name}, which the lock does not list."
                fix = f"Lock {pin.name} again, e.g. with `uv lock --refresh-package {pin.name}`."
                found.append(self.finding(rules.STALE_LOCK, subject, message, fix, pin.location))
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
        return claimed(metadata.classifiers), ""

    def unindexed(self, entry: Unindexed) -> Judged:
        """The unknown row of what no index carries."""
        words = {"vcs": "a version-control address", "url": "a URL", "path": "a local path"}
        where = words.get(entry.kind, "an editable directory")
        return self.unknown(
            entry.name,
            entry.version,
            rules.NOT_INDEXED,
            f"It comes from {where} ({entry.text}), which is neither fetched nor built.",
            entry.location,
        )

    def unknown(
        self,
        name: str,
        version: str | None,
        rule: Rule,
        why: str,
        location: Location | None = None,
    ) -> Judged:
        """A row that could not be found out, with the reason."""
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
        return verdict, [self.finding(rule, subject, why, fix, location)]

    def finding(
        self,
        rule: Rule,
        subject: str,
        message: str,
        fix: str,
        location: Location | None = None,
        evidence: Evidence = Evidence.TAG,
    ) -> Finding:
        """A finding of this target."""
        return Finding(
            rule,
            subject,
            message,
            fix,
            location=location,
            evidence=None if rule.severity is Severity.UNKNOWN else evidence,
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


def with_reading(verdict: Verdict, reading: Reading) -> Verdict:
    """A verdict, completed by what the modules declare."""
    why = " ".join(one.message for one in said_of(reading)) if reading.keeps_gil_off is None else ""
    unimported = f"Not all of it was imported: {reading.unimported}." if reading.unimported else ""
    return replace(
        verdict,
        keeps_gil_off=reading.keeps_gil_off,
        evidence=reading.evidence,
        modules=reading.modules,
        reason=" ".join(filter(None, (verdict.reason, why, unimported))),
    )


def _allowed(pin: Pin, files: Sequence[File]) -> list[File]:
    """The files of the release that the lock lets an installer take."""
    if pin.files is not None:
        return [f for f in files if f.name in pin.files]
    if pin.hashes:
        return [f for f in files if f.sha256 is None or f.sha256 in pin.hashes]
    return list(files)


def _differs(pin: Pin, file: File) -> bool:
    return bool(pin.hashes) and file.sha256 is not None and file.sha256 not in pin.hashes


def claimed(classifiers: Iterable[str]) -> str | None:
    """The strongest level claimed, e.g. `2 - Beta`; `yes` for the bare classifier."""
    claims = [c for c in classifiers if c == _CLAIM or c.startswith(_CLAIM + " :: ")]
    return max((c.removeprefix(_CLAIM).removeprefix(" :: ") or "yes" for c in claims), default=None)
