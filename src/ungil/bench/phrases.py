"""Words that the sentences of an advice have in common."""

from __future__ import annotations

from ungil.bench.estimates import Estimate
from ungil.bench.model import Cell

__all__ = [
    "are",
    "named",
    "plural",
    "seconds",
    "short",
    "size",
    "times",
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


def times(of: Estimate) -> str:
    """A ratio and its interval."""
    return f"{of.value:.2f} ({of.low:.2f}–{of.high:.2f})"


def seconds(of: Estimate) -> str:
    """A time and its interval."""
    return f"{short(of.value)} ({short(of.low)}–{short(of.high)})"


def short(seconds: float) -> str:
    """A time."""
    return f"{seconds:.3g} s" if seconds >= 0.1 else f"{seconds * 1e3:.3g} ms"


def size(count: float) -> str:
    """Bytes."""
    return f"{count / 2**20:.0f} MiB" if count >= 2**21 else f"{count / 1024:.1f} KiB"


def plural(count: int, what: str) -> str:
    """E.g. `1 round`, `2 rounds`."""
    return f"{count} {what}{'' if count == 1 else 's'}"
