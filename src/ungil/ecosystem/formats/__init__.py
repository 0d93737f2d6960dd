"""A survey -> text: for a terminal, as JSON, CSV or a page; and a package's badge."""

from __future__ import annotations

from ungil.ecosystem.model import Survey
from ungil.reports import rendered

__all__ = ["FORMATS", "render"]

FORMATS = ("terminal", "json", "csv", "csv-days", "html")


def render(
    survey: Survey, form: str, *, width: int = 100, color: bool = False, encoding: str = "utf-8"
) -> str:
    """Write a survey in one of `FORMATS`.

    Args:
        survey: What to write.
        form: One of `FORMATS`.
        width: Cells of a line; of the terminal's format only.
        color: Style it with escape sequences; likewise.
        encoding: Of the stream it is for: what that cannot hold is escaped.
    """
    how: dict[str, object] = {}
    if form == "terminal":
        how = {"width": width, "color": color, "encoding": encoding}
    return rendered(f"ungil.ecosystem.formats.{form.replace('-', '_')}", survey, encoding, **how)
