"""What was measured, as tables for a terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from ungil.bench.estimates import estimate, ratio
from ungil.bench.model import Measured, Series

__all__ = ["render"]


def render(results: Sequence[Measured], *, width: int, color: bool) -> str:
    """A table for each task."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=color, no_color=not color, highlight=False
    )
    for one in results:
        console.print(_table(one))
    return out.getvalue()


def _table(measured: Measured) -> Table:
    table = Table(title=measured.task.name, title_justify="left", box=None)
    for column in ("build", "arm", "workers", "seconds", "speedup", "CPU"):
        table.add_column(column, justify="left" if column in {"build", "arm"} else "right")
    for one in measured.series:
        if one.kind != "arm":
            table.add_row(*_row(measured, one))
    return table


def _row(measured: Measured, series: Series) -> list[str]:
    cell = series.cell
    head = [cell.build, cell.arm, str(cell.workers)]
    if series.problem:
        return [*head, series.problem]
    walls = [sample.wall for sample in series.samples]
    seconds = estimate(walls)
    serial = measured.of(cell.build, "serial")
    times = ""
    if serial is not None and serial is not series:
        won = ratio([sample.wall for sample in serial.samples], walls)
        times = f"{won.value:.2f} ({won.low:.2f}–{won.high:.2f})"
    cpu = [sample.cpu for sample in series.samples if sample.cpu is not None]
    return [
        *head,
        f"{seconds.value:.3f} ({seconds.low:.3f}–{seconds.high:.3f})",
        times,
        f"{estimate(cpu).value:.3f}" if cpu else "?",
    ]
