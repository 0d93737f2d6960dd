"""What was measured -> text: for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from ungil.bench.model import Measured

__all__ = ["FORMATS", "render"]

FORMATS = ("terminal",)


def render(results: Sequence[Measured], form: str, *, width: int = 100, color: bool = False) -> str:
    """Write what was measured in one of `FORMATS`.

    Args:
        results: One for each task.
        form: One of `FORMATS`.
        width: Cells of a line; of the terminal's format only.
        color: Style it with escape sequences; likewise.
    """
    how: dict[str, object] = {"width": width, "color": color} if form == "terminal" else {}
    # One format a run: only its own libraries are imported.
    module = import_module(f"ungil.bench.formats.{form}")
    text: str = module.render(results, **how)
    return text
