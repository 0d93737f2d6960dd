"""Where the modules of a distribution are found and read, for one target."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

from packaging.version import Version

from ungil import rules
from ungil.index import Project
from ungil.project import Installed, LocalWheel, Pin, installed_files
from ungil.readiness.declarations import (
    Index,
    Reading,
    read_files,
    read_local_wheel,
    read_wheel,
)
from ungil.readiness.history import History
from ungil.readiness.importing import Importer
from ungil.readiness.remedy import Newer
from ungil.readiness.standing import Standing, stand
from ungil.target import Target, local_platform

__all__ = ["Reader"]

_WITH_MODULES = frozenset({rules.FREE_THREADED_WHEEL, rules.NO_PYTHON_ABI})


@dataclass(frozen=True)
class Reader:
    """Reads what modules declare; safe to use from threads.

    Attributes:
        index: Where wheels come from.
        target: A free-threaded one.
        importer: Confirms what was read; None if no code may run.
    """

    index: Index
    target: Target
    importer: Importer | None = None

    def of_pin(self, pin: Pin, standing: Standing) -> Reading | None:
        """Of what is installed, or of the wheel that an installer would take.

        Returns:
            None if it has no modules that could be read.
        """
        if pin.installed is not None and self._is_for(pin.installed):
            return self._of_installed(pin.installed)
        file = standing.file
        if file is None or standing.case not in _WITH_MODULES:
            return None
        reading = read_wheel(self.index, file, self.target)
        if self.importer is None:
            return reading
        return self.importer.confirm_wheel(reading, self.index.fetch(file), self.target)

    def of_local(self, wheel: LocalWheel, standing: Standing) -> Reading | None:
        """Of a wheel at hand; None likewise."""
        if standing.case not in _WITH_MODULES:
            return None
        reading = read_local_wheel(wheel.file, self.target)
        if self.importer is None:
            return reading
        return self.importer.confirm_wheel(reading, nullcontext(wheel.file), self.target)

    def newer(self, pin: Pin, project: Project, past: History) -> Newer:
        """Whether the newest release that fits would keep the GIL off."""
        if past.newest is None or Version(past.newest) <= Version(pin.version):
            return Newer()
        standing = stand(project.by_version[past.newest].files, self.target)
        if standing.file is None or standing.case not in _WITH_MODULES:
            return Newer(past.newest, standing.keeps_gil_off)
        reading = read_wheel(self.index, standing.file, self.target)
        return Newer(past.newest, reading.keeps_gil_off)

    def _is_for(self, installed: Installed) -> bool:
        """Is the interpreter that it is installed for the target itself?"""
        here = self.target.platform.tags[0] in local_platform().tags
        return here and installed.abi == self.target.python.abi

    def _of_installed(self, installed: Installed) -> Reading:
        try:
            files = installed_files(installed)
        except ValueError as error:
            return Reading(unread=str(error))
        reading = read_files(files, self.target)
        if self.importer is None:
            return reading
        return self.importer.confirm(reading, installed.folder, self.target)
