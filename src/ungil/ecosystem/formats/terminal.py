"""A survey for a terminal: the totals, a small plot, and what stands out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from io import StringIO

import plotille
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ungil.ecosystem.model import Survey, View
from ungil.ecosystem.words import (
    changed,
    compared,
    delayed,
    described,
    few,
    needed,
    percent,
    unanswered,
)
from ungil.findings import printable

__all__ = ["render"]

_LINES = 10  # of each list; the other formats have everything
_PLOT_HEIGHT = 7


def render(survey: Survey, *, width: int, color: bool, encoding: str) -> str:
    """Lines of at most `width` cells."""
    out = StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        legacy_windows=False,
    )
    for part in _parts(survey, width, encoding):
        console.print(part)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _parts(survey: Survey, width: int, encoding: str) -> Iterable[Text | Table]:
    published = survey.views[0]
    totals = survey.totals[published.id]
    yield Text(
        printable(
            f"{survey.source} on {survey.as_of}: {totals.ready} of {totals.compiled} compiled "
            f"packages have free-threaded wheels ({percent(totals)})"
        ),
        "bold",
    )
    yield Text()
    yield _table(survey)
    if _can_plot(encoding):
        yield Text()
        yield from (Text(line) for line in _plot(survey, published, width))
    yield from _section(f"Changed since {survey.since}", changed(survey.changes), "nothing did")
    if survey.previous is not None:
        yield from _section(
            f"Changed since the report of {survey.previous.as_of}",
            compared(survey.previous),
            "nothing did",
        )
    yield from _section(f"No longer ready, since {survey.start}", changed(survey.regressions))
    yield from _section("Until the first wheel", delayed(survey.delays))
    yield from _section("What others of the list wait for", needed(survey.blockers))
    yield from _section("Switches the GIL on", _switching(survey))
    yield from _section("Not known", unanswered(survey.packages))
    yield Text()
    yield from (Text(printable(note), "dim") for note in survey.notes)


def _table(survey: Survey) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim", pad_edge=False)
    table.add_column("", overflow="fold")
    headers = ("ready", "of", "", "fallback", "not ready", "no port", "unknown")
    declared = any(package.keeps_gil_off for package in survey.packages)
    for header in (*headers, *(["GIL off"] if declared else [])):
        table.add_column(header, justify="right", no_wrap=True)
    for view in survey.views:
        totals = survey.totals[view.id]
        numbers = (totals.fallback, totals.blocked, totals.pure, totals.unknown)
        table.add_row(
            described(view),
            str(totals.ready),
            str(totals.compiled),
            percent(totals),
            *map(str, numbers),
            *([_declared(survey, view)] if declared else []),
        )
    return table


def _declared(survey: Survey, view: View) -> str:
    answers = [p.keeps_gil_off[view.id] for p in survey.packages if view.id in p.keeps_gil_off]
    unknown = f", {answers.count(None)} ?" if None in answers else ""
    return f"{answers.count(True)} of {len(answers)}{unknown}" if answers else ""


def _can_plot(encoding: str) -> bool:
    try:
        "⣿".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _plot(survey: Survey, view: View, width: int) -> Iterable[str]:
    """The curve of what is ready, in braille."""
    first = date.fromisoformat(survey.start)
    last = (date.fromisoformat(survey.as_of) - first).days
    steps = [
        ((date.fromisoformat(step.day) - first).days, step.totals)
        for step in survey.series[view.id]
    ]
    xs: list[float] = []
    ys: list[float] = []
    for (day, totals), (until, _) in zip(steps, [*steps[1:], (last, None)], strict=True):
        xs += [day, until]
        ys += [totals.ready, totals.ready]
    top = max(totals.compiled for _, totals in steps)
    figure = plotille.Figure()
    figure.width = max(20, min(width - 14, 72))
    figure.height = max(1, min(_PLOT_HEIGHT, top))  # a tick of its own for each line
    figure.with_colors = False
    figure.x_label, figure.y_label = "month", "ready"
    figure.set_x_limits(0, max(1, last))
    figure.set_y_limits(0, max(1, top))
    figure.y_ticks_fkt = lambda value, _: f"{value:.0f}"
    figure.x_ticks_fkt = lambda value, _: (
        f"{date.fromordinal(first.toordinal() + int(value)):%Y-%m}"
    )
    figure.plot(xs, ys)
    return str(figure.show()).splitlines()


def _section(title: str, lines: Sequence[str], otherwise: str = "") -> Iterable[Text]:
    if not lines and not otherwise:
        return
    count = f" ({len(lines)})" if lines else ""
    yield Text()
    yield Text(f"{title}{count}", "bold")
    yield from (Text(printable(f"  {line}"), overflow="fold") for line in lines[:_LINES])
    if len(lines) > _LINES:
        yield Text(f"  … and {len(lines) - _LINES} more, which the other formats list", "dim")
    if not lines:
        yield Text(f"  {otherwise}")


def _switching(survey: Survey) -> list[str]:
    return [
        f"{package.name} {package.version} [{few(where)}]"
        for package in survey.packages
        if (where := [id_ for id_, keeps in package.keeps_gil_off.items() if keeps is False])
    ]
