"""uv, which fetches builds that are ready for use."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ungil.interpreters.programs import which
from ungil.interpreters.providers.offer import Offer, Refusal, consult
from ungil.target import PythonVersion

__all__ = ["Uv"]

_NAME = "uv"


class Uv:
    """Installs for the user alone, below uv's own directory."""

    def offer(self, python: PythonVersion) -> Offer | Refusal:
        """See `Provider.offer`."""
        program = _program()
        if program is None:
            return Refusal(_NAME, "it is not installed; pip install uv")
        with tempfile.TemporaryDirectory(prefix="ungil-") as folder:
            # What this version of uv knows; it asks nobody for that.
            ask = (program, "python", "list", str(python), "--only-downloads", "--color", "never")
            listed = consult(ask, Path(folder))
        if listed is None or listed.code != 0:
            why = "it cannot be run" if listed is None else listed.complaint or listed.ending
            return Refusal(_NAME, why)
        if not listed.output.strip():
            return Refusal(_NAME, f"this version of it knows no build of {python} for this machine")
        return Offer(_NAME, (program, "python", "install", str(python)))


def _program() -> str | None:
    # Our own dependency first: that is a version which is known to work.
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - its absence is an answer

        return os.fspath(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = which("uv")
        return None if found is None else str(found)
