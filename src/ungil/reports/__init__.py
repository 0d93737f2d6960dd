"""Report -> terminal, JSON, SARIF, GitHub annotations, Markdown, HTML.

One module for each format, each a plain function from a report to a string.
`reports` knows the vocabulary of `ungil.findings` and no other room.
"""

from __future__ import annotations

from importlib import import_module

from ungil.findings import Report
from ungil.reports._write import OutputError, write

__all__ = ["FORMATS", "OutputError", "render", "rendered", "write"]

FORMATS = ("terminal", "json", "sarif", "github", "markdown", "html")
"""The names of the formats, each a module of this room with a `render`."""


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
        format_name: One of `FORMATS`.
        width: For `terminal`: no line is wider; None asks the terminal.
        color: For `terminal`: use escape sequences.
        verbose: For `terminal` and `markdown`: leave nothing out.
        encoding: Where the text goes to, e.g. `sys.stdout.encoding`. Nothing
            in the result is beyond it: our own glyphs are replaced by plain
            ones, other characters spelt out.
    """
    if format_name not in FORMATS:
        raise ValueError(f"{format_name!r} is none of {', '.join(FORMATS)}")
    if format_name == "terminal":
        from ungil.reports import terminal  # noqa: PLC0415 - see below

        return terminal.render(report, width=width, color=color, verbose=verbose, encoding=encoding)
    how = {"verbose": verbose} if format_name == "markdown" else {}
    return rendered(f"ungil.reports.{format_name}", report, encoding, **how)


def rendered(module: str, what: object, stream: str, /, **how: object) -> str:
    """What a format's `render` makes of something; what `stream` cannot hold is escaped.

    One format a run: importing all of them costs more than writing most reports.
    """
    text: str = import_module(module).render(what, **how)
    return text.encode(stream, "backslashreplace").decode(stream)
