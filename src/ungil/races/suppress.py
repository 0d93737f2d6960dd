"""`# ungil: benign - reason`: races that the source itself speaks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ungil.findings import Excerpt, Finding, Line

__all__ = ["suppressed"]

_BENIGN = re.compile(r"#\s*ungil:\s*benign\b[\s\-–—:,]*(?P<reason>.*)$", re.IGNORECASE)


def suppressed(findings: Iterable[Finding]) -> tuple[list[Finding], list[str]]:
    """Set aside what the source calls benign.

    The comment stands on a line of either side, or alone on the line above it.

    Args:
        findings: With the excerpts of their sources.

    Returns:
        The findings, and sentences about comments that give no reason.
    """
    made, notes = [], []
    for finding in findings:
        reasons = [
            (reason, f"{side.location.path}:{line.number}")
            for side in finding.sides
            for line, reason in _comments(side)
        ]
        given = next((reason for reason, _ in reasons if reason), None)
        made.append(finding if given is None else finding.ignore(given))
        notes += [
            f"{where}: `# ungil: benign` counts only with a reason; write `# ungil: benign - why`."
            for reason, where in reasons
            if not reason
        ]
    return made, list(dict.fromkeys(notes))


def _comments(side: Excerpt) -> Iterator[tuple[Line, str]]:
    marked = {line.number for line in side.lines if line.marked}
    for line in side.lines:
        alone = line.text.lstrip().startswith("#") and line.number + 1 in marked
        match = _BENIGN.search(line.text) if line.number in marked or alone else None
        if match is not None:
            yield line, match["reason"].strip()
