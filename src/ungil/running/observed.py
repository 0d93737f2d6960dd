"""A journal -> what was seen of each extension module."""

from __future__ import annotations

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
        off_afterwards: Was the GIL off when it had been created, or later? Once
            switched on it stays on, so the module then keeps it off.
    """

    created: Created
    process: Process
    distribution: tuple[str, str] | None
    off_afterwards: bool

    @property
    def keeps_gil_off(self) -> bool | None:
        """What importing it showed; None if nothing, since the GIL was on or forced."""
        started = self.process.started
        if self.created.switch is not None:
            return False
        if not started.free_threaded or started.forced_by is not None or not self.off_afterwards:
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
    found = []
    for process in journal.processes:
        last_off = _last_off(process)
        for created in process.created:
            if created.switch is None and (created.failed or _is_standard(created)):
                continue
            if created.file is not None and created.file not in installed:
                installed[created.file] = distribution_of(created.file)
            # By the times, not by the lines: threads write them in any order. A
            # coarse clock may give two moments one time, which proves nothing.
            off_afterwards = not created.enabled or created.time < last_off
            found.append(Seen(created, process, installed[created.file], off_afterwards))
    return found


def _last_off(process: Process) -> float:
    """The last time at which the GIL was seen to be off."""
    seen = [created for created in process.created if not created.enabled]
    if process.ended is not None and not process.ended.enabled:
        return max([process.ended.time, *(created.time for created in seen)])
    return max((created.time for created in seen), default=float("-inf"))


def _is_standard(created: Created) -> bool:
    """Is it the standard library's own? Those of 3.13 and later all declare.

    By its folder, on Windows `DLLs`. Not by its name: what left the standard
    library comes back from elsewhere under the same name (audioop).
    """
    return PurePath(created.file or "").parent.name in {"lib-dynload", "DLLs"}
