"""All of it as JSON: the fields of `ungil.bench.model`, as they are described there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ungil._version import __version__
from ungil.bench.model import Result

__all__ = ["render"]


def render(results: Sequence[Result]) -> str:
    """One object, indented."""
    whole = {
        "ungil": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "results": results,
    }
    encoded = msgspec.json.encode(whole, enc_hook=_path)
    return msgspec.json.format(encoded, indent=1).decode() + "\n"


def _path(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(type(value))
