"""A report as GitHub-flavoured Markdown, for a comment or a job summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ungil.findings import Import, Report, Severity, Verdict, printable
from ungil.markdown import table as _table
from ungil.markdown import text as _text
from ungil.reports._view import (
    COLUMNS,
    Problem,
    Row,
    Standing,
    View,
    arrange,
    declares,
    gil,
    imported,
    plural,
    standing,
    words,
)
from ungil.reports.columns import columns

__all__ = ["render"]

_SEVERITY = {
    Severity.ERROR: "❌",
    Severity.UNKNOWN: "❔",
    Severity.WARNING: "⚠️",
    Severity.NOTE: "ℹ️",
}
_STANDING = {
    Standing.FITS: "✓",
    Standing.CATCH: "~",
    Standing.BUILD: "⚒",
    Standing.FAILS: "✗",
    Standing.UNKNOWN: "?",
}


def render(report: Report, *, verbose: bool = False) -> str:
    """The summary, the problems, and all verdicts folded away.

    Args:
        report: What to show.
        verbose: Leave nothing out, and list the modules of each distribution.
    """
    view = arrange(report)
    blocks = [
        f"### ungil {_text(report.verb)}: {_text(report.subject)}",
        f"**{_text(view.headline)}**" + _about(view, report),
        *_summary(view),
        *_problems(view, verbose=verbose),
        *_verdicts(view),
        *(_modules(view) if verbose else ()),
        *_imports(report),
        *(f"Note: {_text(note)}" for note in report.notes),
        *([_text(view.ignored_line) + "."] if view.ignored else []),
    ]
    return "\n\n".join(blocks) + "\n"


def _about(view: View, report: Report) -> str:
    parts = []
    if view.targets:
        parts.append(f"for {', '.join(map(_text, view.targets))}")
    if view.platforms:
        parts.append(f"on {', '.join(map(_text, view.platforms.values()))}")
    if report.as_of is not None:
        parts.append(f"with the index as of {_text(report.as_of)}")
    return "".join(f" {part}" for part in parts)


def _summary(view: View) -> Iterable[str]:
    if view.tallies:
        yield _table(
            ("", "installs", "keeps the GIL off", "claims support"),
            (
                (
                    _text(t.target if t.everywhere else f"{t.target} {', '.join(t.platforms)}"),
                    str(t.installs),
                    str(t.keeps_gil_off),
                    str(t.claims_support),
                )
                for t in view.tallies
            ),
        )


def _problems(view: View, *, verbose: bool) -> Iterable[str]:
    problems = [p for p in view.problems if verbose or not p.informs]
    if problems:
        yield _table(
            ("", "what", "where", "finding", "what to do"),
            (
                (
                    _SEVERITY[p.rule.severity],
                    f"**{_text(p.subject)}**<br>{p.rule.name} {p.rule.code}",
                    "" if p.location is None else _text(str(p.location)),
                    "<br>".join(_statements(p)),
                    "<br>".join(map(_text, p.remedies)),
                )
                for p in problems
            ),
        )
        yield from _sides(problems)
    if not verbose and (line := view.informing_line(view.problems)):
        yield _text(f"{line}; --verbose shows them.")


def _statements(problem: Problem) -> Iterable[str]:
    for message, scope in problem.statements:
        yield f"{_text(scope)}: {_text(message)}" if scope else _text(message)
    yield from (_text(f"· {step}") for step in problem.steps)


def _sides(problems: Sequence[Problem]) -> Iterable[str]:
    """The excerpts of what is in the table; a cell cannot hold a block of code."""
    shown = [p for p in problems if p.sides or p.turns]
    if shown:
        blocks = []
        for problem in shown:
            blocks.append(f"**{_text(problem.subject)}** {problem.rule.name} {problem.rule.code}")
            if problem.turns:
                told = columns(problem.turns)
                blocks.append("\n".join(f"    {printable(line)}" for line in told))
            for side in problem.sides:
                # Begun by us: what would be a list or a heading there is none behind it.
                blocks.append(f"· {_text(side.title)}, {_text(str(side.location))}")
                # Indented by four: nothing in it can end it, as it could end a fence.
                lines = (
                    f"    {'>' if line.marked else ' '} {line.number} {printable(line.text)}"
                    for line in side.lines
                )
                blocks.append("\n".join(lines))
        text = "\n\n".join(filter(None, blocks))
        yield f"<details><summary>Excerpts</summary>\n\n{text}\n\n</details>"


def _verdicts(view: View) -> Iterable[str]:
    if view.rows:
        several = len(view.platforms) > 1
        headers = ["distribution", *(["platform"] if several else [])]
        for target in view.targets:
            headers += [_text(target), "GIL"]
        legend = ", ".join(f"{_STANDING[s]} {s.value}" for s in view.standings)
        yield (
            f"<details><summary>{plural(view.distributions, 'distribution')}</summary>\n\n"
            + _table([*headers, "claims"], (_row(row, view.targets, several) for row in view.rows))
            + f"\n\n{_text(legend)}. {'. '.join(COLUMNS)}. {view.evidence_line}\n\n</details>"
        )


def _modules(view: View) -> Iterable[str]:
    rows = [
        (
            _text(f"{contents.label} {contents.scope}".strip()),
            _text(module.name),
            declares(module),
            module.found_by,
            _text(module.reason),
        )
        for contents in view.contents
        for module in contents.modules
    ]
    if rows:
        table = _table(("distribution", "module", "GIL", "seen in", "what"), rows)
        yield f"<details><summary>Extension modules</summary>\n\n{table}\n\n</details>"


def _imports(report: Report) -> Iterable[str]:
    if report.imports:
        table = _table(("import", ""), (row for root in report.imports for row in _tree(root, 0)))
        yield f"<details><summary>Imports</summary>\n\n{table}\n\n</details>"


def _tree(what: Import, depth: int) -> Iterable[Sequence[str]]:
    yield "&nbsp;" * 4 * depth + _text(what.name), _text(imported(what))
    for inner in what.imports:
        yield from _tree(inner, depth + 1)


def _row(row: Row, targets: Sequence[str], several: bool) -> list[str]:
    cells = [_text(row.label)]
    if several:
        cells.append("all" if row.everywhere else _text(", ".join(row.platforms)))
    for target in targets:
        verdict = row.cells.get(target)
        cells += ["–", ""] if verdict is None else [_case(verdict, row), gil(verdict)]
    return [*cells, _text(row.claim)]


def _case(verdict: Verdict, row: Row) -> str:
    version = verdict.version if row.version is None else None
    said = words(verdict) if version is None else f"{words(verdict)} {version}"
    return _text(f"{_STANDING[standing(verdict)]} {said}")
