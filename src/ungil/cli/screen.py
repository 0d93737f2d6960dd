"""Where a report goes: a terminal, another program, or a file."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TextIO

from ungil import reports
from ungil.findings import Report

__all__ = ["may_color", "show", "width"]


def may_color(stream: TextIO | None = None) -> bool:
    """Colour only on a terminal, and never against https://no-color.org."""
    return (
        (stream or sys.stdout).isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def width() -> int:
    """The cells of a line; only a terminal has so many."""
    return max(40, shutil.get_terminal_size((100, 24)).columns)


def show(
    report: Report, format_name: str, output: Path | None, *, stream: TextIO, verbose: bool
) -> None:
    """Write a report where the user wants it.

    Args:
        report: The report.
        format_name: One of `reports.FORMATS`.
        output: The file to write, all or nothing; None for the stream.
        stream: Where it goes otherwise.
        verbose: Leave nothing out.

    Raises:
        OutputError: The file cannot be written.
    """
    to_terminal = output is None and format_name == "terminal"
    text = reports.render(
        report,
        format_name,
        width=width() if to_terminal else None,
        color=to_terminal and may_color(stream),
        verbose=verbose,
        encoding="utf-8" if output else stream.encoding or "ascii",
    )
    if output is not None:
        reports.write(output, text)
        return
    stream.write(text if text.endswith("\n") or not text else text + "\n")
    stream.flush()
