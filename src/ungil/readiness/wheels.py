"""Wheels at hand, before they are uploaded: judged by themselves, not by an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ungil import rules
from ungil.findings import Evidence, Finding, Location, Severity, Verdict
from ungil.index import File
from ungil.project import LocalWheel
from ungil.readiness.declarations import Reading
from ungil.readiness.judge import Judge, Judged, claimed, with_reading
from ungil.readiness.remedy import own_remedy
from ungil.readiness.standing import Standing, stand
from ungil.readiness.switching import said_of
from ungil.readiness.tags import suggest_tag, tag_is_impossible

__all__ = ["judge_wheels"]


def judge_wheels(judge: Judge, wheels: Iterable[LocalWheel]) -> list[Judged]:
    """One row for each distribution and version among the wheels."""
    judged: list[Judged] = []
    groups: dict[tuple[str, str], list[LocalWheel]] = {}
    for wheel in wheels:
        if wheel.problem:
            rule = rules.UNREADABLE_WHEEL
            judged.append(judge.unknown(wheel.name, wheel.version, rule, wheel.problem))
        else:
            groups.setdefault((wheel.name, wheel.version or ""), []).append(wheel)
    return judged + [_judged(judge, *key, group) for key, group in groups.items()]


def _judged(judge: Judge, name: str, version: str, group: Sequence[LocalWheel]) -> Judged:
    files = [File(w.path, "", requires_python=w.requires_python, tag=w.tag) for w in group]
    standing = stand(files, judge.target)
    chosen = next((w for w in group if standing.file and w.path == standing.file.name), group[0])
    claim = claimed(chosen.classifiers)
    verdict = Verdict(
        name=name,
        version=version,
        target=str(judge.target.python),
        platform=str(judge.target.platform),
        case=standing.case,
        installs=standing.installs,
        keeps_gil_off=standing.keeps_gil_off,
        claims_support=True if claim else None,
        claim=claim,
        evidence=Evidence.TAG,
        file=standing.file.name if standing.file else None,
        direct=True,
    )
    subject = f"{name} {version}"
    findings = [_impossible(judge, subject, w) for w in group if tag_is_impossible(w.tag)]
    if standing.case.severity is not Severity.NOTE and not findings:
        fix = f"Build a wheel for {judge.target.python.abi} as well, before you upload."
        findings = [judge.finding(standing.case, subject, standing.message, fix)]
    reading = None if judge.reader is None else judge.reader.of_local(chosen, standing)
    if reading is None:
        return verdict, findings
    return with_reading(verdict, reading), findings + _of_modules(judge, chosen, standing, reading)


def _of_modules(
    judge: Judge, wheel: LocalWheel, standing: Standing, reading: Reading
) -> list[Finding]:
    tag = wheel.tag if standing.case is rules.FREE_THREADED_WHEEL else ""
    return [
        judge.finding(
            one.rule,
            f"{wheel.name} {wheel.version}",
            one.message,
            one.remedy or own_remedy(one.modules),
            Location(wheel.path),
            one.evidence,
        )
        for one in said_of(reading, tag)
    ]


def _impossible(judge: Judge, subject: str, wheel: LocalWheel) -> Finding:
    meant = suggest_tag(wheel.tag)
    return judge.finding(
        rules.IMPOSSIBLE_TAG,
        subject,
        f"The tag {wheel.tag!r} of {wheel.path} fits no Python that exists.",
        f"Tag it {meant!r}." if meant else "Build it again with a current build back end.",
    )
