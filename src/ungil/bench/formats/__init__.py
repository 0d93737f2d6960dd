"""What was measured -> text: for a terminal, as JSON, Markdown, a page, or for pyperf."""

from __future__ import annotations

from collections.abc import Sequence

from ungil.bench.model import Result
from ungil.reports import rendered

__all__ = ["FORMATS", "render"]

FORMATS = ("terminal", "json", "markdown", "html", "pyperf")


def render(
    results: Sequence[Result],
    form: str,
    *,
    width: int = 100,
    color: bool = False,
    encoding: str = "utf-8",
) -> str:
    """Write what was measured in one of `FORMATS`.

    Args:
        results: One for each task.
        form: One of `FORMATS`.
        width: Cells of a line; of the terminal's format only.
        color: Style it with escape sequences; likewise.
        encoding: Of the stream it is for: what that cannot hold is escaped.
    """
    how: dict[str, object] = {}
    if form == "terminal":
        how = {"width": width, "color": color, "encoding": encoding}
    return rendered(f"ungil.bench.formats.{form}", results, encoding, **how)
