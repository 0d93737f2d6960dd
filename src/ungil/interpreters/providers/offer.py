"""What a provider of interpreters can do on this machine."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ungil.interpreters.process import Finished, run_limited
from ungil.target import PythonVersion

__all__ = ["Offer", "Provider", "Refusal", "consult"]

_SECONDS = 30.0  # for a tool to say what it has; conda takes several


@dataclass(frozen=True, slots=True)
class Offer:
    """It can install the interpreter.

    Attributes:
        provider: Its name.
        command: What would have to be run.
        remark: What one should know before; goes into brackets.
        by_hand: The command changes what belongs to the whole machine, so it
            is shown and never run.
    """

    provider: str
    command: tuple[str, ...]
    remark: str = ""
    by_hand: bool = False

    def __str__(self) -> str:
        if os.name == "nt":
            return subprocess.list2cmdline(self.command)
        return shlex.join(self.command)


@dataclass(frozen=True, slots=True)
class Refusal:
    """It cannot.

    Attributes:
        provider: Its name.
        reason: Why; one line.
    """

    provider: str
    reason: str


class Provider(Protocol):
    """Where interpreters come from."""

    def offer(self, python: PythonVersion) -> Offer | Refusal:
        """Can it here, and how? Asks for lists at most, and changes nothing."""


def consult(command: Sequence[str | Path], folder: Path) -> Finished | None:
    """Ask a tool for a list; None if it cannot even be started.

    Args:
        command: The tool's program and its arguments.
        folder: The working directory: an empty one, since tools read the
            settings of the project that they are started in.
    """
    try:
        return run_limited(command, environment=os.environ, folder=folder, seconds=_SECONDS)
    except (OSError, ValueError):
        return None
