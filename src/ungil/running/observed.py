"""A journal -> what was seen of each extension module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from ungil.running.journal import Created, Journal, Process
from ungil.runtime import distribution_of

__all__ = ["Seen", "observe"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One extension module that was imported, other than the standard library's.

    Attributes:
        created: As it was written down.
        process: In which it was.
        distribution: The name and version of what installed it; None if not known.
    """

    created: Created
    process: Process
    distribution: tuple[str, str] | None

    @property
    def keeps_gil_off(self) -> bool | None:
        """What importing it showed; None if nothing, since the GIL was on or forced."""
        started = self.process.started
        if self.created.switch is not None:
            return False
        if not started.free_threaded or started.forced_by is not None or self.created.enabled:
            return None
        return True

    @property
    def seconds(self) -> float:
        """How long after the start of its process."""
        return max(0.0, self.created.time - self.process.started.time)

    @property
    def name(self) -> str:
        """Of the module; the interpreter may have named another than was asked for."""
        return self.created.name if self.created.switch is None else self.created.switch.module

    @property
    def label(self) -> str:
        """Its distribution and version; its own name where that is not known."""
        return self.name if self.distribution is None else " ".join(self.distribution)


def observe(journal: Journal) -> list[Seen]:
    """Every extension module of every process, each process in its own order."""
    installed: dict[str | None, tuple[str, str] | None] = {None: None}
    return [
        seen
        for process in journal.processes
        for created in process.created
        for seen in _seen(created, process, installed)
    ]


def _seen(
    created: Created, process: Process, installed: dict[str | None, tuple[str, str] | None]
) -> Iterator[Seen]:
    if created.switch is None and (created.failed or _is_standard(created)):
        return
    if created.file is not None and created.file not in installed:
        installed[created.file] = distribution_of(created.file)
    yield Seen(created, process, installed[created.file])


def _is_standard(created: Created) -> bool:
    """Is it the standard library's own? Those of 3.13 and later all declare."""
    folder = PurePath(created.file or "").parent.name
    return created.name.partition(".")[0] in sys.stdlib_module_names or folder == "lib-dynload"
