"""What was measured, for a terminal: a table and a plot for each task, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO

import plotille
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ungil.bench.formats.parts import parts
from ungil.bench.model import Result
from ungil.bench.words import COLUMNS, Row, about, caption, described, rows
from ungil.findings import printable

__all__ = ["render"]

# What stands in for our own glyphs where the output cannot encode them.
_PLAIN = str.maketrans({"–": "-", "µ": "u", "…": "."})
_GLYPHS = "–µ…"

_DISPENSABLE = ("memory", "CPU", "limit", "efficiency", "over the GIL")
"""Columns that are left out where there is no room, the first first."""

_VERDICTS = {"faster": "green", "slower": "red", "unclear": "dim"}
_PLOT_HEIGHT = 12
_CURVES = "abcdefghijklmnopqrstuvwxyz"


def render(results: Sequence[Result], *, width: int, color: bool, encoding: str) -> str:
    """Lines of at most `width` cells.

    Args:
        results: One for each task.
        width: Cells of a line.
        color: Style it with escape sequences.
        encoding: Of the output; what it cannot encode is replaced.
    """
    out = StringIO()
    console = Console(
        file=out,
        width=width,
        height=25,  # without one, TERM=dumb would override the width
        color_system="standard" if color else None,
        force_terminal=color,
        force_jupyter=False,
        no_color=not color,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    for part in _all(results, console, _encodes("⣿", encoding)):
        console.print(part)
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    return text if _encodes(_GLYPHS, encoding) else text.translate(_PLAIN)


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _all(results: Sequence[Result], console: Console, braille: bool) -> Iterator[RenderableType]:
    for one in results:
        yield from _task(one, console, braille)
        yield Text()
    if results:
        yield Text("Machine", "bold")
        grid = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for label, value in described(results[0].machine):
            grid.add_row(Text(f"  {label}", "dim"), Text(printable(value), overflow="fold"))
        yield grid


def _task(result: Result, console: Console, braille: bool) -> Iterator[RenderableType]:
    yield Text(printable(result.measured.task.name), "bold")
    for refusal in result.refusals:
        yield _line(f"Nothing is concluded: {refusal}.", "yellow")
    yield from _figures(result, console)
    if braille:
        yield from _plot(result, console.width)
    for title, lines in parts(result):
        yield Text()
        yield Text(title, "bold")
        for first, *others in lines:
            yield _line(first)
            yield from (Padding(_line(line), (0, 0, 0, 4)) for line in others)


def _line(text: str, style: str = "") -> RenderableType:
    return Padding(Text(printable(text), style, overflow="fold"), (0, 0, 0, 2))


def _figures(result: Result, console: Console) -> Iterator[RenderableType]:
    """A table with as many columns as there is room for; lines where there is none for one."""
    for count in range(len(_DISPENSABLE) + 1):
        table, shown = _table(result, _DISPENSABLE[:count])
        options = console.options.update(max_width=10_000)
        if Measurement.get(console, options, table).maximum <= console.width:
            yield table
            break
    else:
        shown = list(COLUMNS)
        yield from (_line(_told(row)) for row in rows(result))
    meanings = "; ".join(one for one in about(result) if one.partition(":")[0] in shown)
    yield _line(caption(result) + (f" {meanings}." if meanings else ""), "dim")


def _table(result: Result, left_out: Sequence[str]) -> tuple[Table, list[str]]:
    made = list(rows(result))
    chosen = [
        at
        for at, name in enumerate(COLUMNS)
        if name not in left_out and any(row.cells[at] for row in made)
    ]
    table = Table(box=None, padding=(0, 1, 0, 1), header_style="dim")
    for at in chosen:
        left = COLUMNS[at] in {"build", "arm", ""}
        table.add_column(COLUMNS[at], justify="left" if left else "right")
    for row in made:
        cells = [Text(printable(row.cells[at])) for at in chosen]
        if row.verdict:
            cells[-1].stylize(_VERDICTS[row.verdict])
        table.add_row(*cells)
    return table, [COLUMNS[at] for at in chosen]


def _told(row: Row) -> str:
    """A row as a sentence."""
    build, arm, workers, *cells = row.cells
    figures = (
        f"{name} {cell}".strip() for name, cell in zip(COLUMNS[3:], cells, strict=True) if cell
    )
    return f"{build} {arm} {workers}: {', '.join(figures)}"


def _plot(result: Result, width: int) -> Iterator[Text]:
    """Speedup over workers in braille, where there is a curve."""
    curves = [one for one in result.scaling if len(one.points) >= 3]
    if not curves:
        return
    most = max(point.workers for one in curves for point in one.points)
    top = max(2.0, *(point.speedup.value for one in curves for point in one.points))
    figure = plotille.Figure()
    figure.width = max(20, min(width - 16, 64))
    figure.height = _PLOT_HEIGHT
    figure.with_colors = False
    figure.x_label, figure.y_label = "workers", "speedup"
    # A little more, so that what is at the edge is drawn.
    figure.set_x_limits(0, most * 1.05)
    figure.set_y_limits(0, top * 1.05)
    figure.x_ticks_fkt = lambda value, _: f"{value:.1f}"
    figure.y_ticks_fkt = lambda value, _: f"{value:.1f}"
    for mark, one in zip(_CURVES, curves, strict=False):
        figure.plot(
            [point.workers for point in one.points],
            [point.speedup.value for point in one.points],
            marker=mark,
        )
    yield Text()
    yield from (Text(line.rstrip()) for line in str(figure.show()).splitlines())
    named = (f"{mark} {one.build} {one.arm}" for mark, one in zip(_CURVES, curves, strict=False))
    yield Text(printable(f"  {', '.join(named)}"), overflow="fold")
