"""All of it as JSON: the fields of `ungil.bench.model`, as they are described there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from ungil._version import __version__
from ungil.bench.model import Result

__all__ = ["render"]


def render(results: Sequence[Result]) -> str:
    """One object, indented, in ASCII."""
    whole = {
        "ungil": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        # Paths are what msgspec does not know.
        "results": msgspec.to_builtins(results, enc_hook=str),
    }
    return json.dumps(whole, indent=1) + "\n"
