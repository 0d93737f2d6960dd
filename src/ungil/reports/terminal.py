"""A report for a terminal: the summary, what to do, and then the table.

The table keeps the three answers apart: the glyph of a cell says whether the
distribution installs, the column beside it where the GIL ends up, the last
column what its authors claim.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from io import StringIO

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ungil.findings import Excerpt, Import, Report, Severity, Step, Turn, Verdict, printable
from ungil.reports._view import (
    COLUMNS,
    Answer,
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

_STANDING = {
    Standing.FITS: ("✓", "green"),
    Standing.CATCH: ("~", "yellow"),
    Standing.BUILD: ("⚒", "yellow"),
    Standing.FAILS: ("✗", "red"),
    Standing.UNKNOWN: ("?", "magenta"),
}
_SEVERITY = {
    Severity.ERROR: ("✗", "red"),
    Severity.UNKNOWN: ("?", "magenta"),
    Severity.WARNING: ("!", "yellow"),
    Severity.NOTE: ("·", "blue"),
}
_GIL = {"off": "green", "on": "red", "?": "magenta", "tag": "dim"}
_DECLARES = {"not_used": "green", "used": "red"}

# What stands in for our own glyphs where the output cannot encode them.
_PLAIN = str.maketrans({"✓": "+", "✗": "x", "⚒": "*", "→": "->", "·": "-", "–": "-", "─": "-"})
_ALL_GLYPHS = "✓✗⚒→·–─"

# Of the way to a finding, what is shown.
_FIRST_STEPS = 3
_LAST_STEPS = 8

# Of the turns in a schedule, the last ones.
_MOST_TURNS = 30

# Cells between two excerpts, and those that one needs at least.
_GAP = 3
_NARROWEST = 34

# Two targets stand side by side in 80 columns if these texts may be wrapped.
_WIDEST_NAME = 22
_WIDEST_CASE = 14


def render(
    report: Report,
    *,
    width: int | None = None,
    color: bool = False,
    verbose: bool = False,
    encoding: str = "utf-8",
) -> str:
    """The report as text for a terminal.

    Args:
        report: What to show.
        width: No line is wider, in cells; None for that of the terminal, 80
            where there is none.
        color: Style it with escape sequences.
        verbose: Leave nothing folded: a row for every distribution, the
            ignored findings, the evidence of each answer, and the modules.
        encoding: Of the output. What it cannot encode is spelt out.
    """
    width = width or shutil.get_terminal_size().columns
    page = _Page(width, color, verbose, encoding)
    page.fill(arrange(report), report)
    return page.text()


class _Page:
    """The text so far and how it is written."""

    def __init__(self, width: int, color: bool, verbose: bool, encoding: str) -> None:
        self._width = width
        self._verbose = verbose
        self._encoding = encoding
        self._plain = not _encodes(_ALL_GLYPHS, encoding)
        # Everything that rich would otherwise guess from the environment or
        # read into the data is pinned down. (Without a height, TERM=dumb
        # would override the width.)
        self._console = Console(
            file=StringIO(),
            width=width,
            height=25,
            color_system="standard" if color else None,
            force_terminal=color,
            force_jupyter=False,
            no_color=not color,
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
        )

    def text(self) -> str:
        """All that was printed, without the padding of table cells."""
        file = self._console.file
        assert isinstance(file, StringIO)  # noqa: S101 - as constructed
        lines = [line.rstrip() for line in file.getvalue().rstrip().splitlines()]
        return "\n".join(lines) + "\n"

    def fill(self, view: View, report: Report) -> None:
        self._summary(view, report)
        for problem_severity in view.counts:
            self._problems(view, problem_severity)
        if self._verbose and view.ignored:
            self._heading(f"Ignored ({len(view.ignored)})")
            for problem in view.ignored:
                self._problem(problem)
        if view.rows:
            self._tables(view)
        if self._verbose and view.contents:
            self._modules(view)
        if report.imports:
            self._heading("Imports")
            for root in report.imports:
                self._tree(root, 0)
        self._ending(view, report)

    # The pieces, from top to bottom.

    def _summary(self, view: View, report: Report) -> None:
        worst = next(iter(view.counts), None)
        style = "green" if worst is None else _SEVERITY[worst][1]
        self._print(
            Text.assemble(
                (self._data(report.subject), "bold"), ": ", (self._own(view.headline), style)
            )
        )
        about = [f"for {self._data(', '.join(view.targets))}"] if view.targets else []
        if view.platforms:
            about.append("on " + self._data(", ".join(view.platforms.values())))
        if report.as_of is not None:
            about.append(f"with the index as of {self._data(report.as_of)}")
        if about:
            self._print(Text(" ".join(about), style="dim"))
        if view.tallies:
            self._blank()
            self._print(Padding(self._tally(view), (0, 0, 0, 2)))

    def _tally(self, view: View) -> Table:
        table = self._table("", "installs", "keeps the GIL off", "claims support")
        for tally in view.tallies:
            where = (
                [tally.target] if tally.everywhere else [tally.target, ", ".join(tally.platforms)]
            )
            table.add_row(
                Text(self._data(" ".join(where)), style="bold"),
                *map(self._answer, (tally.installs, tally.keeps_gil_off, tally.claims_support)),
            )
        return table

    def _answer(self, answer: Answer) -> Text:
        style = "green" if answer.yes == answer.total else "red" if answer.no else ""
        return Text(str(answer), style=style)

    def _problems(self, view: View, severity: Severity) -> None:
        self._heading(f"{view.name(severity).capitalize()} ({view.counts[severity]})")
        problems = [p for p in view.problems if p.rule.severity is severity]
        for problem in problems:
            if self._verbose or not problem.informs:
                self._problem(problem)
        if not self._verbose and (line := view.informing_line(problems)):
            self._hanging(self._own("·"), f"{line}; --verbose shows them", "dim")

    def _problem(self, problem: Problem) -> None:
        glyph, style = _SEVERITY[problem.rule.severity]
        head = Text.assemble(
            (self._own(glyph), style),
            " ",
            (self._data(problem.subject), "bold"),
            " ",
            (f"{problem.rule.name} {problem.rule.code}", style),
        )
        if problem.location is not None:
            head.append(f" {self._own('·')} ", "dim").append(
                self._data(str(problem.location)), "dim"
            )
        self._print(Padding(head, (0, 0, 0, 2)))
        for message, scope in problem.statements:
            said = Text(f"{self._data(scope)}: " if scope else "", style="dim")
            said = Text.assemble(said, self._data(message))
            self._print(Padding(said, (0, 0, 0, 4)))
        self._way(problem)
        for remedy in problem.remedies:
            self._hanging(self._own("→"), self._data(remedy), "cyan")
        if self._verbose:
            if problem.evidence:
                rests = ", ".join(e.value for e in problem.evidence)
                self._hanging(self._own("·"), f"evidence: {rests}", "dim")
            if problem.ignored is not None:
                self._hanging(self._own("·"), f"ignored: {self._data(problem.ignored)}", "dim")

    def _way(self, problem: Problem) -> None:
        """How it came to it: in a schedule, at its sides, or step by step."""
        for line in self._columns(problem.turns):
            self._print(Padding(Text(line, no_wrap=True), (0, 0, 0, 4)))
        if problem.sides:
            self._sides(problem.sides)
        elif not problem.turns:
            for step in self._story(problem.steps):
                self._hanging(self._own("·"), self._data(step), "dim")

    def _sides(self, sides: Sequence[Excerpt]) -> None:
        """The excerpts, beside each other if that leaves their lines whole."""
        told = [self._excerpt(side) for side in sides]
        column = (self._width - 4 - _GAP * (len(told) - 1)) // len(told)
        sources = [line for excerpt in told for line in excerpt if line.no_wrap]
        beside = column >= _NARROWEST and all(line.cell_len <= column for line in sources)
        grid = Table.grid(padding=(0, _GAP if beside else 0, 0, 0))
        for _ in told if beside else "1":
            grid.add_column(width=column if beside else None, overflow="fold")
        # The titles are a row of their own, so that the sources begin at one height.
        cells = [(excerpt[0], Text("\n").join(excerpt[1:])) for excerpt in told]
        for row in zip(*cells, strict=True) if beside else ([c] for pair in cells for c in pair):
            grid.add_row(*row)
        self._print(Padding(grid, (0, 0, 0, 4)))

    def _excerpt(self, side: Excerpt) -> list[Text]:
        head = Text(self._data(side.title), style="bold")
        lines = [head, Text(self._data(str(side.location)), style="dim")]
        digits = max((len(str(line.number)) for line in side.lines), default=0)
        for line in side.lines:
            mark = ">" if line.marked else " "
            text = f"{mark} {line.number:>{digits}} {self._data(line.text)}".rstrip()
            lines.append(Text(text, style="" if line.marked else "dim", no_wrap=True))
        lines += [
            Text(f"{self._own('·')} {self._data(step)}", style="dim")
            for step in self._story(side.calls)
        ]
        return lines

    def _columns(self, turns: Sequence[Turn]) -> list[str]:
        most = None if self._verbose else _MOST_TURNS
        lines = columns(turns, self._own("─"), most) if turns else []
        return ["", *map(self._data, lines), ""] if lines else []

    def _story(self, steps: Sequence[Step]) -> list[str]:
        """The steps; of a long way the beginning and the end."""
        told = [str(step) for step in steps]
        left_out = len(told) - _FIRST_STEPS - _LAST_STEPS
        if self._verbose or left_out < 2:
            return told
        return [
            *told[:_FIRST_STEPS],
            f"{left_out} steps; --verbose shows them",
            *told[-_LAST_STEPS:],
        ]

    def _hanging(self, mark: str, text: str, style: str) -> None:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(mark, style=style), Text(text, style="dim" if style == "dim" else ""))
        self._print(Padding(grid, (0, 0, 0, 4)))

    def _tables(self, view: View) -> None:
        self._heading("Distributions")
        folded: list[Row] = []
        rows: list[Row] = []
        for row in view.rows:
            (folded if not self._verbose and _folds(row, view) else rows).append(row)
        if rows:
            for targets in self._fitting(rows, view):
                self._print(Padding(self._verdicts(rows, targets, view), (0, 0, 0, 2)))
                self._blank()
            self._print(Padding(Text(self._legend(rows, view.targets), style="dim"), (0, 0, 0, 2)))
        if folded:
            self._blank()
            names = self._data(", ".join(row.name for row in folded))
            claiming = self._data(", ".join(row.name for row in folded if row.claim != "?"))
            text = f"{plural(len(folded), 'pure-Python distribution')} "
            text += f"fit{'s' if len(folded) == 1 else ''} every target: {names}"
            text += f"; claiming support: {claiming}" if claiming else ""
            self._print(Padding(Text(text), (0, 0, 0, 2)))

    def _modules(self, view: View) -> None:
        self._heading("Extension modules")
        for contents in view.contents:
            head = Text(self._data(contents.label), style="bold")
            if contents.scope:
                head.append(f" {self._data(contents.scope)}", "dim")
            self._print(Padding(head, (0, 0, 0, 2)))
            grid = Table.grid(padding=(0, 2, 0, 0))
            for module in contents.modules:
                seen = f" ({module.found_by})" if module.found_by else ""
                grid.add_row(
                    Text(self._data(module.name)),
                    Text(declares(module), style=_DECLARES.get(module.declaration, "magenta")),
                    Text(self._data(f"{module.reason}{seen}"), style="dim"),
                )
            self._print(Padding(grid, (0, 0, 0, 4)))

    def _tree(self, what: Import, depth: int) -> None:
        label = Text(self._data(what.name), style="" if what.module is None else "bold")
        if said := imported(what):
            style = "dim"
            if what.module is not None:
                style = _DECLARES.get(what.module.declaration, "magenta")
            label.append(f"  {self._data(said)}", style)
        # Indented no further than leaves half of the line.
        indent = min(2 + 2 * depth, self._width // 2)
        self._print(Padding(label, (0, 0, 0, indent)))
        for inner in what.imports:
            self._tree(inner, depth + 1)

    def _verdicts(self, rows: Sequence[Row], targets: Sequence[str], view: View) -> Table:
        several = len(view.platforms) > 1
        headers = ["distribution", *(["platform"] if several else [])]
        for target in targets:
            headers += [self._data(target), "GIL"]
        table = self._table(*headers, "claims")
        before = None
        for row in rows:
            label = row.label if row.label != before else ""
            before = row.label
            cells = [Text(self._data(label), style="bold" if row.direct else "")]
            if several:
                cells.append(Text(self._places(row)))
            for target in targets:
                cells += self._cell(row, target)
            table.add_row(
                *cells, Text(self._data(row.claim), style="" if row.claim != "?" else "dim")
            )
        return table

    def _cell(self, row: Row, target: str) -> tuple[Text, Text]:
        verdict = row.cells.get(target)
        if verdict is None:
            return Text(self._own("–"), style="dim"), Text()
        glyph, style = _STANDING[standing(verdict)]
        first, *below = self._case(verdict, row)
        case = Text.assemble((self._own(glyph), style), " ", first)
        for line in below:
            case.append(f"\n  {line}", "dim")
        where = gil(verdict)
        return case, Text(where, style=_GIL[where])

    def _case(self, verdict: Verdict, row: Row) -> list[str]:
        """The lines of a cell; the second is the version if it differs."""
        lines = [self._data(words(verdict))]
        if self._verbose and verdict.evidence is not None:
            lines[0] += f" ({verdict.evidence.value})"
        if row.version is None and verdict.version is not None:
            lines.append(self._data(verdict.version))
        return lines

    def _places(self, row: Row) -> str:
        return "all" if row.everywhere else self._data(", ".join(row.platforms))

    def _fitting(self, rows: Sequence[Row], view: View) -> Iterable[list[str]]:
        """The targets, in as many tables as it takes to fit them side by side."""
        gap = 2

        def widest(texts: Iterable[str], most: int) -> int:
            return min(max(map(cell_len, texts), default=0), most)

        fixed = 2 + max(12, widest((self._data(r.label) for r in rows), _WIDEST_NAME))
        fixed += gap + max(6, widest((r.claim for r in rows), 8))
        if len(view.platforms) > 1:
            fixed += gap + max(8, widest(map(self._places, rows), _WIDEST_CASE))
        chunk: list[str] = []
        used = fixed
        for target in view.targets:
            cases = (t for r in rows if target in r.cells for t in self._case(r.cells[target], r))
            need = gap + 2 + max(cell_len(target) - 2, widest(cases, _WIDEST_CASE)) + gap + 3
            if chunk and used + need > self._width:
                yield chunk
                chunk, used = [], fixed
            chunk.append(target)
            used += need
        yield chunk

    def _legend(self, rows: Sequence[Row], targets: Sequence[str]) -> str:
        shown = {standing(v) for row in rows for v in row.cells.values()}
        parts = [f"{_STANDING[s][0]} {s.value}" for s in Standing if s in shown]
        if any(target not in row.cells for row in rows for target in targets):
            parts.append("– not needed there")
        return self._own(f"{' · '.join(parts)}\n{' · '.join(COLUMNS)}")

    def _ending(self, view: View, report: Report) -> None:
        lines = []
        if view.evidence:
            lines.append(Text(view.evidence_line))
        lines += [Text(self._data(note)) for note in report.notes]
        if view.ignored and not self._verbose:
            lines.append(Text(view.ignored_line + "; --verbose shows more"))
        if view.problems:
            lines.append(
                Text(f"ungil explain {view.problems[0].rule.code} says more about a rule.")
            )
        if lines:
            self._blank()
        for line in lines:
            line.stylize("dim")
            self._print(line)

    # How anything gets onto the page.

    def _own(self, text: str) -> str:
        """Our own text, with plain glyphs where others cannot be encoded."""
        return text.translate(_PLAIN) if self._plain else text

    def _data(self, text: str) -> str:
        """Somebody else's text, harmless and encodable."""
        return printable(text).encode(self._encoding, "backslashreplace").decode(self._encoding)

    def _table(self, *headers: str) -> Table:
        line = self._own("─")
        ruled = box.Box(f"    \n    \n {line}{line} \n" + "    \n" * 5)
        table = Table(
            box=ruled, show_edge=False, padding=(0, 1, 0, 0), header_style="dim", border_style="dim"
        )
        for header in headers:
            table.add_column(Text(header), overflow="fold", no_wrap=header == "GIL")
        return table

    def _heading(self, text: str) -> None:
        self._blank()
        self._print(Text(text, style="bold"))

    def _blank(self) -> None:
        self._console.print()

    def _print(self, what: RenderableType) -> None:
        self._console.print(what, overflow="fold")


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _folds(row: Row, view: View) -> bool:
    """Is everything about it good, and as simple as it can be?"""
    return (
        row.everywhere
        and row.version is not None
        and set(row.cells) == set(view.targets)
        and all(
            v.case.name == "pure-python" and v.keeps_gil_off and standing(v) is Standing.FITS
            for v in row.cells.values()
        )
    )
