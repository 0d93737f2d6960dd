"""Report -> terminal, JSON, SARIF, GitHub annotations, Markdown, HTML.

One module for each format, each a plain function from a report to a string.
`reports` knows the vocabulary of `ungil.findings` and no other room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ungil.findings import Report
from ungil.reports import github, html, json, markdown, sarif, terminal
from ungil.reports._write import OutputError, write

__all__ = ["FORMATS", "OutputError", "render", "write"]

FORMATS: Mapping[str, Callable[[Report], str]] = MappingProxyType(
    {
        "terminal": terminal.render,
        "json": json.render,
        "sarif": sarif.render,
        "github": github.render,
        "markdown": markdown.render,
        "html": html.render,
    }
)
"""Every format by name, as a function that takes a report."""


def render(
    report: Report,
    format_name: str,
    *,
    width: int | None = None,
    color: bool = False,
    verbose: bool = False,
    encoding: str = "utf-8",
) -> str:
    """The report in one of `FORMATS`, ending in a newline unless it is empty.

    Args:
        report: What to render.
        format_name: A key of `FORMATS`.
        width: For `terminal`: no line is wider; None asks the terminal.
        color: For `terminal`: use escape sequences.
        verbose: For `terminal`: fold nothing.
        encoding: Where the text goes to, e.g. `sys.stdout.encoding`. Nothing
            in the result is beyond it: our own glyphs are replaced by plain
            ones, other characters spelt out.
    """
    if format_name == "terminal":
        return terminal.render(report, width=width, color=color, verbose=verbose, encoding=encoding)
    text = FORMATS[format_name](report)
    return text.encode(encoding, "backslashreplace").decode(encoding)
