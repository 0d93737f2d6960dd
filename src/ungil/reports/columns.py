"""What threads do in a schedule: a column for each, from above to below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from ungil.findings import Turn

__all__ = ["columns"]

_GAP = 2


def columns(turns: Sequence[Turn], rule: str = "-", most: int | None = None) -> list[str]:
    """The lines of a table, the names of the threads at its head.

    Args:
        turns: In order.
        rule: What the line below the names is drawn of.
        most: How many turns are shown, the last ones; None for all.
    """
    names = sorted(dict.fromkeys(turn.thread for turn in turns), key=_is_started)
    left_out = 0 if most is None else max(0, len(turns) - most)
    cells = [(names.index(turn.thread), _cell(turn)) for turn in turns[left_out:]]
    widths = [
        max([len(name), *(len(text) for at, text in cells if at == column)])
        for column, name in enumerate(names)
    ]
    gap = " " * _GAP
    lines = [
        gap.join(name.ljust(width) for name, width in zip(names, widths, strict=True)).rstrip(),
        gap.join(rule * width for width in widths),
    ]
    if left_out:
        lines.append(f"({left_out} before)")
    return lines + [" " * (sum(widths[:at]) + _GAP * at) + text for at, text in cells]


def _is_started(thread: str) -> bool:
    return thread != "MainThread"


def _cell(turn: Turn) -> str:
    name = PurePosixPath(turn.location.path).name
    return f"{name}:{turn.location.line}  {turn.text}"
