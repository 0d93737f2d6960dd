"""pyenv, which builds from source."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from packaging.version import InvalidVersion, Version

from ungil.interpreters.programs import which
from ungil.interpreters.providers.offer import Offer, Refusal, consult
from ungil.target import PythonVersion

__all__ = ["Pyenv", "newest"]

_NAME = "pyenv"
_COMPILERS = ("cc", "gcc", "clang")


class Pyenv:
    """Installs for the user alone, below pyenv's root."""

    def offer(self, python: PythonVersion) -> Offer | Refusal:
        """See `Provider.offer`."""
        program = which("pyenv")
        if program is None:
            return Refusal(_NAME, "it is not on PATH")
        missing = _missing_tools()
        if missing:
            return Refusal(_NAME, f"it builds from source, and {missing}")
        with tempfile.TemporaryDirectory(prefix="ungil-") as folder:
            listed = consult((program, "install", "--list"), Path(folder))
        if listed is None or listed.code != 0:
            why = "it cannot be run" if listed is None else listed.complaint or listed.ending
            return Refusal(_NAME, why)
        release = newest(listed.output.decode("utf-8", "replace").splitlines(), python)
        if release is None:
            return Refusal(_NAME, f"its list has no {python}; a newer pyenv may have one")
        # Without --skip-existing it would ask whether to build what is there again.
        command = (str(program), "install", "--skip-existing", release)
        return Offer(_NAME, command, "builds from source, which takes minutes")


def _missing_tools() -> str:
    """What it lacks for building; empty if nothing is known to be missing."""
    if sys.platform == "win32":
        return "not on Windows"
    if not os.environ.get("CC") and not any(map(which, _COMPILERS)):
        return "there is no C compiler on PATH"
    return "" if which("make") else "there is no make on PATH"


def newest(lines: Iterable[str], python: PythonVersion) -> str | None:
    """The newest release of a series in pyenv's list; a final one if there is one.

    `3.14t-dev` and the like are left out: what is built of a branch is another
    thing every day.
    """
    found: list[tuple[bool, Version, str]] = []
    for line in lines:
        match = re.fullmatch(r"\s*(\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)(t?)\s*", line)
        if match is None or (match[2] == "t") != python.free_threaded:
            continue
        try:
            version = Version(match[1])
        except InvalidVersion:
            continue
        if (version.major, version.minor) == (python.major, python.minor):
            found.append((not version.is_prerelease, version, line.strip()))
    return max(found)[2] if found else None
