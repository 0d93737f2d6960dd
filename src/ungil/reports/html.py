"""A report as one HTML file that needs nothing else and loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources

from ungil import __version__
from ungil.findings import Excerpt, Import, Report, Severity, Verdict
from ungil.page import page
from ungil.page import text as _text
from ungil.reports._view import (
    COLUMNS,
    Answer,
    Contents,
    Problem,
    Row,
    Standing,
    View,
    arrange,
    declares,
    gil,
    imported,
    standing,
    words,
)
from ungil.reports.columns import columns

__all__ = ["render"]

_STANDING = {
    Standing.FITS: ("fits", "✓"),
    Standing.CATCH: ("catch", "~"),
    Standing.BUILD: ("build", "⚒"),
    Standing.FAILS: ("fails", "✗"),
    Standing.UNKNOWN: ("unknown", "?"),
}


def render(report: Report) -> str:
    """The report as a page in plain ASCII, so no encoding can spoil it."""
    view = arrange(report)
    style = (resources.files("ungil.reports") / "report.css").read_text("utf-8")
    title = f"ungil {report.verb}: {report.subject}"
    return page(title, "\n".join(_body(view, report)), style=style)


def _body(view: View, report: Report) -> Iterable[str]:
    yield from _header(view, report)
    if view.tallies:
        yield from _summary(view)
    for severity in view.counts:
        yield from _problems(view, severity)
    if view.rows:
        yield from _verdicts(view)
    yield from _modules(view.contents)
    yield from _imports(report.imports)
    if view.ignored:
        yield f"<details>\n<summary>{_text(view.ignored_line)}</summary>"
        for problem in view.ignored:
            yield from _problem(problem)
        yield "</details>"
    yield '<footer class="quiet">'
    yield from (f"<p>{_text(note)}</p>" for note in report.notes)
    yield f"<p>ungil {_text(__version__)} {_text(report.verb)}, {_text(report.created)}</p>"
    yield "</footer>"


def _header(view: View, report: Report) -> Iterable[str]:
    yield f"<header>\n<h1>{_text(report.subject)}</h1>"
    yield f'<p class="headline">{_text(view.headline)}</p>'
    about = [f"for {_listed(view.targets)}"] if view.targets else []
    if view.platforms:
        about.append(f"on {_listed(view.platforms.values())}")
    if report.as_of is not None:
        about.append(f"with the index as of {_text(report.as_of)}")
    if about:
        yield f'<p class="quiet">{" ".join(about)}</p>'
    yield "</header>"


def _summary(view: View) -> Iterable[str]:
    yield '<section>\n<h2 id="summary">Summary</h2>'
    yield '<div class="scroll" role="region" tabindex="0" aria-labelledby="summary">\n<table>'
    yield "<thead><tr><td></td>"
    for question in ("installs", "keeps the GIL off", "claims support"):
        yield f'<th scope="col">{question}</th>'
    yield "</tr></thead>\n<tbody>"
    for tally in view.tallies:
        where = "" if tally.everywhere else f" <small>{_listed(tally.platforms)}</small>"
        answers = map(_answer, (tally.installs, tally.keeps_gil_off, tally.claims_support))
        yield f'<tr><th scope="row">{_text(tally.target)}{where}</th>{"".join(answers)}</tr>'
    yield "</tbody>\n</table>\n</div>\n</section>"


def _answer(answer: Answer) -> str:
    unknown = f" <small>{answer.unknown} unknown</small>" if answer.unknown else ""
    return f"<td>{answer.yes} of {answer.total}{unknown}</td>"


def _problems(view: View, severity: Severity) -> Iterable[str]:
    yield f"<section>\n<h2>{view.name(severity).capitalize()} ({view.counts[severity]})</h2>"
    problems = [p for p in view.problems if p.rule.severity is severity]
    for problem in problems:
        if not problem.informs:
            yield from _problem(problem)
    if line := view.informing_line(problems):
        yield f"<details>\n<summary>{_text(line)}</summary>"
        for problem in problems:
            if problem.informs:
                yield from _problem(problem)
        yield "</details>"
    yield "</section>"


def _problem(problem: Problem) -> Iterable[str]:
    yield f'<article class="problem {problem.rule.severity.value}">'
    rule = f"{_text(problem.rule.name)} {_text(problem.rule.code)}"
    yield f"<h3>{_text(problem.subject)} <small>{rule}</small></h3>"
    if problem.location is not None:
        yield f'<p class="quiet"><code>{_text(str(problem.location))}</code></p>'
    for message, scope in problem.statements:
        where = f'<span class="quiet">{_text(scope)}:</span> ' if scope else ""
        yield f"<p>{where}{_text(message)}</p>"
    if problem.turns:
        lines = "\n".join(map(_text, columns(problem.turns)))
        yield f"<pre>{lines}</pre>"
    if problem.sides:
        yield f'<div class="sides">{"".join(map(_excerpt, problem.sides))}</div>'
    elif problem.steps:
        yield f"<ol>{''.join(f'<li><code>{_text(str(s))}</code></li>' for s in problem.steps)}</ol>"
    for remedy in problem.remedies:
        yield f"<p>→ {_text(remedy)}</p>"
    small = (
        [f"evidence: {', '.join(e.value for e in problem.evidence)}"] if problem.evidence else []
    )
    if problem.ignored is not None:
        small.append(f"ignored: {_text(problem.ignored)}")
    if small:
        yield f'<p class="quiet">{"; ".join(small)}</p>'
    yield "</article>"


def _excerpt(side: Excerpt) -> str:
    made = [f'<figure><figcaption>{_text(side.title)}<br><code class="quiet">']
    made.append(f"{_text(str(side.location))}</code></figcaption>")
    if side.lines:
        digits = max(len(str(line.number)) for line in side.lines)
        lines = (
            f"<mark>{number} {_text(line.text)}</mark>"
            if line.marked
            else f"{number} {_text(line.text)}"
            for line in side.lines
            for number in [f"{line.number:>{digits}}"]
        )
        made.append(f'<pre tabindex="0"><code>{chr(10).join(lines)}</code></pre>')
    if side.calls:
        calls = "".join(f"<li><code>{_text(str(step))}</code></li>" for step in side.calls)
        made.append(f"<ul>{calls}</ul>")
    return "".join([*made, "</figure>"])


def _verdicts(view: View) -> Iterable[str]:
    several = len(view.platforms) > 1
    yield '<section>\n<h2 id="distributions">Distributions</h2>'
    yield '<div class="scroll" role="region" tabindex="0" aria-labelledby="distributions">\n<table>'
    yield '<thead>\n<tr><th rowspan="2" scope="col">distribution</th>'
    if several:
        yield '<th rowspan="2" scope="col">platform</th>'
    for target in view.targets:
        yield f'<th class="target" colspan="2" scope="colgroup">{_text(target)}</th>'
    yield '<th class="target" rowspan="2" scope="col">claims</th></tr>\n<tr>'
    yield from (
        '<th class="target" scope="col">case</th><th scope="col">GIL</th>' for _ in view.targets
    )
    yield "</tr>\n</thead>\n<tbody>"
    for row in view.rows:
        yield _row(row, view.targets, several)
    yield "</tbody>\n</table>\n</div>"
    legend = ", ".join(f"{_STANDING[s][1]} {s.value}" for s in view.standings)
    yield (
        f'<p class="quiet">{legend}. {". ".join(COLUMNS)}. In bold: asked for directly. '
        f"{view.evidence_line}</p>\n</section>"
    )


def _row(row: Row, targets: Sequence[str], several: bool) -> str:
    direct = ' class="direct"' if row.direct else ""
    cells = [f'<th scope="row"{direct}>{_text(row.label)}</th>']
    if several:
        cells.append(f"<td>{'all' if row.everywhere else _listed(row.platforms)}</td>")
    for target in targets:
        verdict = row.cells.get(target)
        if verdict is None:
            cells.append('<td class="quiet" colspan="2">not needed there</td>')
        else:
            cells.append(_case(verdict, row))
            cells.append(f'<td class="{_GIL_CLASS[gil(verdict)]}">{gil(verdict)}</td>')
    return f"<tr>{''.join(cells)}<td>{_text(row.claim)}</td></tr>"


_GIL_CLASS = {"off": "off", "on": "on", "?": "unknown", "tag": "quiet"}
_DECLARES_CLASS = {"not_used": "off", "used": "on"}


def _modules(everything: Sequence[Contents]) -> Iterable[str]:
    if everything:
        yield "<details>\n<summary>Extension modules</summary>"
        for contents in everything:
            yield from _contents(contents)
        yield "</details>"


def _contents(contents: Contents) -> Iterable[str]:
    scope = f" <small>{_text(contents.scope)}</small>" if contents.scope else ""
    yield f"<h3>{_text(contents.label)}{scope}</h3>"
    yield '<div class="scroll" role="region" tabindex="0" aria-label="modules">\n<table>'
    yield '<thead><tr><th scope="col">module</th><th scope="col">GIL</th>'
    yield '<th scope="col">seen in</th><th scope="col">what</th></tr></thead>\n<tbody>'
    for module in contents.modules:
        style = _DECLARES_CLASS.get(module.declaration, "unknown")
        yield (
            f'<tr><th scope="row">{_text(module.name)}</th>'
            f'<td class="{style}">{declares(module)}</td>'
            f"<td>{_text(module.found_by)}</td><td>{_text(module.reason)}</td></tr>"
        )
    yield "</tbody>\n</table>\n</div>"


def _imports(roots: Sequence[Import]) -> Iterable[str]:
    if roots:
        yield "<section>\n<h2>Imports</h2>\n<ul>"
        for root in roots:
            yield from _tree(root)
        yield "</ul>\n</section>"


def _tree(what: Import) -> Iterable[str]:
    style = "quiet" if what.module is None else ""
    if what.module is not None:
        style = _DECLARES_CLASS.get(what.module.declaration, "unknown")
    yield f'<li>{_text(what.name)} <small class="{style}">{_text(imported(what))}</small>'
    if what.imports:
        yield "<ul>"
        for inner in what.imports:
            yield from _tree(inner)
        yield "</ul>"
    yield "</li>"


def _case(verdict: Verdict, row: Row) -> str:
    stands = standing(verdict)
    style, glyph = _STANDING[stands]
    small = [verdict.version] if row.version is None and verdict.version is not None else []
    if verdict.evidence is not None:
        small.append(verdict.evidence.value)
    if verdict.reason:
        small.append(verdict.reason)
    if stands is not Standing.FITS and verdict.first is not None:
        date = f" ({verdict.first_date})" if verdict.first_date else ""
        small.append(f"first to fit: {verdict.first}{date}")
    below = "".join(f"<small>{_text(line)}</small>" for line in small)
    case = f'<span aria-hidden="true">{glyph}</span> {_text(words(verdict))}'
    return f'<td class="{style}">{case}{below}</td>'


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_text, names))
