"""conda, mamba and micromamba, which fetch from conda-forge."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import msgspec

from ungil.interpreters.programs import which
from ungil.interpreters.providers.offer import Offer, Refusal, consult
from ungil.target import PythonVersion

__all__ = ["Conda"]

_NAME = "conda"
_PROGRAMS = ("mamba", "micromamba", "conda")  # the faster ones first


class _Environments(msgspec.Struct):
    envs: list[str]


class Conda:
    """Installs into a new environment, for the user alone."""

    def offer(self, python: PythonVersion) -> Offer | Refusal:
        """See `Provider.offer`."""
        program = next(filter(None, map(which, _PROGRAMS)), None)
        if program is None:
            return Refusal(_NAME, f"none of {', '.join(_PROGRAMS)} is on PATH")
        name = f"python-{python}"
        with tempfile.TemporaryDirectory(prefix="ungil-") as folder:
            listed = consult((program, "env", "list", "--json"), Path(folder))
        try:
            there = msgspec.json.decode(listed.output if listed else b"", type=_Environments).envs
        except (msgspec.DecodeError, RecursionError):
            return Refusal(_NAME, f"{program.name} does not say which environments there are")
        if any(re.split(r"[\\/]", path)[-1] == name for path in there):
            # `create --yes` would replace it, whatever is in it.
            return Refusal(_NAME, f"there is an environment {name} already, without a {python}")
        # conda-forge's package for the build; it depends on the interpreter.
        package = f"python-freethreading={python.number}"
        command = (str(program), "create", "--yes", "--name", name, "--override-channels")
        return Offer(_NAME, (*command, "--channel", "conda-forge", package))
