"""A report as JSON, for programs; `report.schema.json` beside this says how.

The schema is a promise: within one `schema_version` fields are only added.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ungil import __version__
from ungil.findings import (
    Evidence,
    Excerpt,
    Finding,
    Import,
    Location,
    Module,
    Report,
    Severity,
    Step,
    Verdict,
)
from ungil.reports._view import ordered_verdicts

__all__ = ["SCHEMA_VERSION", "dump", "render"]

SCHEMA_VERSION = 1


def render(report: Report) -> str:
    """The report as one JSON document, the same bytes for the same report."""
    verdicts = ordered_verdicts(report)
    return dump(
        {
            "schema_version": SCHEMA_VERSION,
            "ungil": __version__,
            "verb": report.verb,
            "subject": report.subject,
            "created": report.created,
            "as_of": report.as_of,
            "targets": list(report.targets),
            "platforms": list(report.platforms),
            "summary": _summary(report, verdicts),
            "distributions": [_verdict(v) for v in verdicts],
            "findings": [_finding(f) for f in report.findings],
            "notes": list(report.notes),
            "imports": [_import(one) for one in report.imports],
        }
    )


def dump(document: dict[str, Any]) -> str:
    """JSON that is plain ASCII, hence harmless wherever it is shown.

    Control characters are escaped by JSON itself, all but DEL. A lone
    surrogate (from a file name that is not UTF-8) has no place in JSON that
    every reader accepts, so it is spelt out.
    """
    text = json.dumps(_encodable(document), ensure_ascii=True, indent=2)
    return text.replace("\x7f", "\\u007f") + "\n"


def _encodable(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _encodable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_encodable(inner) for inner in value]
    return value


def _summary(report: Report, verdicts: list[Verdict]) -> dict[str, Any]:
    places = dict.fromkeys((v.target, v.platform) for v in verdicts)
    severities = [f.rule.severity for f in report.counting]
    return {
        "distributions": len({v.name for v in verdicts}),
        "findings": {s.value: severities.count(s) for s in Severity},
        "ignored": len(report.findings) - len(report.counting),
        "answers": [_answers(verdicts, *place) for place in places],
    }


def _answers(verdicts: list[Verdict], target: str, platform: str) -> dict[str, Any]:
    asked = [v for v in verdicts if (v.target, v.platform) == (target, platform)]
    return {
        "target": target,
        "platform": platform,
        "installs": _count(v.installs for v in asked),
        "keeps_gil_off": _count(v.keeps_gil_off for v in asked),
        "claims_support": _count(v.claims_support for v in asked),
    }


def _count(values: Iterable[bool | None]) -> dict[str, int]:
    values = list(values)
    return {"yes": values.count(True), "no": values.count(False), "unknown": values.count(None)}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "name": verdict.name,
        "version": verdict.version,
        "target": verdict.target,
        "platform": verdict.platform,
        "case": verdict.case.code,
        "case_name": verdict.case.name,
        "installs": verdict.installs,
        "keeps_gil_off": verdict.keeps_gil_off,
        "claims_support": verdict.claims_support,
        "claim": verdict.claim,
        "evidence": _evidence(verdict.evidence),
        "file": verdict.file,
        "newest": verdict.newest,
        "first": verdict.first,
        "first_date": verdict.first_date,
        "reason": verdict.reason,
        "direct": verdict.direct,
        "modules": [_module(m) for m in verdict.modules],
    }


def _module(module: Module) -> dict[str, Any]:
    return {
        "name": module.name,
        "path": module.path,
        "machine": module.machine,
        "declaration": module.declaration,
        "explicit": module.explicit,
        "initialisation": module.initialisation,
        "toolchain": module.toolchain,
        "found_by": module.found_by,
        "reason": module.reason,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.rule.code,
        "rule": finding.rule.name,
        "severity": finding.rule.severity.value,
        "subject": finding.subject,
        "message": finding.message,
        "remedy": finding.remedy,
        "location": _location(finding.location),
        "evidence": _evidence(finding.evidence),
        "target": finding.target,
        "platform": finding.platform,
        "ignored": finding.ignored,
        "steps": _steps(finding.steps),
        "sides": [_excerpt(side) for side in finding.sides],
        "count": finding.count,
        "confirmed": finding.confirmed,
        "turns": [
            {"thread": turn.thread, "text": turn.text, "location": _location(turn.location)}
            for turn in finding.turns
        ],
    }


def _excerpt(side: Excerpt) -> dict[str, Any]:
    return {
        "title": side.title,
        "location": _location(side.location),
        "function": side.function,
        "lines": [
            {"number": line.number, "text": line.text, "marked": line.marked} for line in side.lines
        ],
        "calls": _steps(side.calls),
    }


def _steps(steps: Iterable[Step]) -> list[dict[str, Any]]:
    return [{"text": step.text, "location": _location(step.location)} for step in steps]


def _location(location: Location | None) -> dict[str, Any] | None:
    return None if location is None else {"path": location.path, "line": location.line}


def _import(what: Import) -> dict[str, Any]:
    return {
        "name": what.name,
        "distribution": what.distribution,
        "module": None if what.module is None else _module(what.module),
        "seconds": what.seconds,
        "imports": [_import(inner) for inner in what.imports],
    }


def _evidence(evidence: Evidence | None) -> str | None:
    return None if evidence is None else evidence.value
