"""Words that the sentences of an advice have in common."""

from __future__ import annotations

from ungil.bench.model import Cell

__all__ = [
    "are",
    "named",
    "short",
]


def named(cell: Cell) -> str:
    """Workers and what they run on, e.g. `2 threads on 3.14t`."""
    if cell.arm in {"serial", "asyncio"}:
        return f"{cell.arm} on {cell.build}"
    one = {"processes": "process"}.get(cell.arm, cell.arm.removesuffix("s"))
    return f"{cell.workers} {cell.arm if cell.workers > 1 else one} on {cell.build}"


def are(cell: Cell) -> str:
    """The verb for what `named` says."""
    return "is" if cell.workers == 1 else "are"


def short(seconds: float) -> str:
    """A time."""
    return f"{seconds:.3g} s" if seconds >= 0.1 else f"{seconds * 1e3:.3g} ms"
