"""A report as SARIF 2.1.0, for code scanning.

Section numbers are those of the OASIS standard, "Static Analysis Results
Interchange Format (SARIF) Version 2.1.0 Plus Errata 01".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from ungil import __version__
from ungil.findings import Excerpt, Location, Report, Rule, Severity, Step, printable
from ungil.reports._view import Problem, arrange
from ungil.reports.json import dump

__all__ = ["render"]

# §3.27.9: `open` is a rule for which "there was insufficient information to
# decide whether a problem exists" - our unknown. (`review` asks a human to
# judge something that was found, and nothing was.) §3.27.10: the level of any
# kind but `fail` is `none`.
_KIND_LEVEL = {
    Severity.ERROR: ("fail", "error"),
    Severity.UNKNOWN: ("open", "none"),
    Severity.WARNING: ("fail", "warning"),
    Severity.NOTE: ("fail", "note"),
}


def render(report: Report) -> str:
    """The report as one SARIF log with one run.

    A result stands for all findings of one kind about one subject at one
    place, whatever the number of targets, so that a reviewer sees one alert.
    """
    view = arrange(report)
    problems = (*view.problems, *view.ignored)
    rules = sorted({p.rule for p in problems}, key=lambda rule: rule.code)
    run = {
        "tool": {
            "driver": {
                "name": "ungil",
                "version": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        # §3.17.3: what stands before the last slash is the category, so runs of
        # `check` and `race` do not replace each other.
        "automationDetails": {"id": f"ungil/{report.verb}/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "endTimeUtc": report.created,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": _text(note)}} for note in report.notes
                ],
            }
        ],
        "results": [_result(p, rules.index(p.rule), report.subject) for p in problems],
    }
    return dump(
        {
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        }
    )


def _rule(rule: Rule) -> dict[str, Any]:
    page = rule.page()
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": _KIND_LEVEL[rule.severity][1]},
    }


def _result(problem: Problem, rule_index: int, report_subject: str) -> dict[str, Any]:
    kind, level = _KIND_LEVEL[problem.rule.severity]
    said = [f"{scope}: {message}" if scope else message for message, scope in problem.statements]
    result: dict[str, Any] = {
        "ruleId": problem.rule.code,
        "ruleIndex": rule_index,
        "kind": kind,
        "level": level,
        "message": {
            "text": _text(f"{problem.subject}: {' '.join([*said, *problem.remedies])}"),
        },
        "locations": [_location(problem, report_subject)],
        "partialFingerprints": {"ungilProblem/v1": _fingerprint(problem)},
        "properties": {
            "evidence": [e.value for e in problem.evidence],
            "targets": sorted({f.target for f in problem.findings if f.target is not None}),
            "platforms": sorted({f.platform for f in problem.findings if f.platform is not None}),
            "confirmed": next((f.confirmed for f in problem.findings), None),
        },
    }
    if problem.sides:
        # §3.36: a thread flow for each of the threads.
        flows = [{"locations": _flow(_way(side))} for side in problem.sides]
        result["codeFlows"] = [{"threadFlows": flows}]
        # §3.27.22: each once.
        related = [_step(Step(side.title, side.location)) for side in problem.sides]
        result["relatedLocations"] = [
            one for number, one in enumerate(related) if one not in related[:number]
        ]
    elif problem.steps:
        # §3.36: how it came to it, within one thread.
        result["codeFlows"] = [{"threadFlows": [{"locations": _flow(problem.steps)}]}]
    if problem.ignored is not None:
        # §3.35.2: ignores are kept in ungil's configuration, not in the
        # place they are about, hence `external`.
        result["suppressions"] = [{"kind": "external", "justification": printable(problem.ignored)}]
    return result


def _location(problem: Problem, report_subject: str) -> dict[str, Any]:
    # Code scanning shows no alert without a file, so what the user pointed
    # at stands in where a finding has no place of its own.
    return {
        "physicalLocation": _physical(problem.location or Location(report_subject)),
        "logicalLocations": [{"name": printable(problem.subject)}],
    }


def _way(side: Excerpt) -> list[Step]:
    """How a thread came to its side, the outermost call first."""
    return [*reversed(side.calls), Step(side.title, side.location)]


def _flow(steps: Iterable[Step]) -> list[dict[str, Any]]:
    return [{"location": _step(step)} for step in steps]


def _step(step: Step) -> dict[str, Any]:
    location: dict[str, Any] = {"message": {"text": _text(step.text)}}
    if step.location is not None:
        location["physicalLocation"] = _physical(step.location)
    return location


def _physical(location: Location) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(location.path)}
    if location.line is not None:
        physical["region"] = {"startLine": location.line}
    return physical


def _artifact(path: str) -> dict[str, str]:
    """A path as a URI reference (§3.4): absolute, or relative to the source root."""
    if re.match(r"/|[A-Za-z]:[/\\]", path):
        absolute = path.replace("\\", "/") if path[0] != "/" else path
        return {"uri": f"file:///{_quoted(absolute.lstrip('/'))}"}
    # Without `./`, so that a file has the same name in every run.
    return {"uri": _quoted(re.sub(r"^(\./+)+", "", path)) or ".", "uriBaseId": "%SRCROOT%"}


def _quoted(path: str) -> str:
    return quote(path, safe="/", errors="surrogatepass")


def _text(text: str) -> str:
    """A plain message: §3.11.5 doubles braces, §3.11.6 reads `[…](…)` as a link."""
    escaped = printable(text).replace("{", "{{").replace("}", "}}")
    return escaped.replace("](", "] (")


def _fingerprint(problem: Problem) -> str:
    """What stays the same when lines move and targets come and go (§3.27.17)."""
    path = "" if problem.location is None else problem.location.path
    identity = f"{problem.rule.code}\0{problem.subject}\0{path}"
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
