"""Confirm by importing: the one part of `check` that runs foreign code.

Only where the user asked for it, and only for targets that an interpreter of
this machine can stand for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ungil.findings import Module
from ungil.index import PackageIndexError
from ungil.readiness.declarations import Reading
from ungil.target import Target, local_platform

if TYPE_CHECKING:
    from ungil.interpreters import Interpreter

__all__ = ["Importer"]


@dataclass(frozen=True)
class Importer:
    """Imports modules with the interpreters of this machine; safe to share by threads.

    Attributes:
        interpreters: By target version, e.g. `3.14t`.
        announce: Told, before any code runs, that it will.
    """

    interpreters: Mapping[str, Interpreter]
    announce: Callable[[str], None] = lambda _: None
    # One distribution at a time: each import is a process of its own, and
    # `confirm` runs several of them.
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    @classmethod
    def found(
        cls, targets: Iterable[Target], announce: Callable[[str], None] = lambda _: None
    ) -> Importer:
        """One with the interpreters that this machine has for the targets; perhaps none."""
        from ungil.interpreters import find_free_threaded  # noqa: PLC0415 - rarely wanted

        wanted = {str(t.python) for t in targets if t.python.free_threaded and _is_here(t)}
        found = {version: find_free_threaded(version) for version in sorted(wanted)}
        return cls({version: one for version, one in found.items() if one is not None}, announce)

    def serves(self, target: Target) -> bool:
        """Can modules for the target be imported on this machine?"""
        return str(target.python) in self.interpreters and _is_here(target)

    def warn(self, target: Target, distributions: int) -> None:
        """Announce that code is about to run."""
        interpreter = self.interpreters[str(target.python)]
        self.announce(
            f"running the code of up to {distributions} distributions with {interpreter}, "
            "as --import says"
        )

    def confirm_wheel(
        self, reading: Reading, wheel: AbstractContextManager[Path], target: Target
    ) -> Reading:
        """What importing the modules of a wheel shows, in place of what was read."""
        from ungil.extensions import ArchiveError, unpacked  # noqa: PLC0415 - likewise

        if not reading.modules:
            return reading
        try:
            with wheel as path, unpacked(path) as folder:
                return self.confirm(reading, folder, target)
        except (PackageIndexError, ArchiveError, OSError) as error:
            return replace(reading, unimported=f"{error}")

    def confirm(self, reading: Reading, folder: Path, target: Target) -> Reading:
        """What importing modules from the folder that is searched shows.

        Args:
            reading: What was read of them.
            folder: Below it, each is where its `path` says.
            target: One that this `serves`.
        """
        from ungil.extensions import Importable, confirm  # noqa: PLC0415 - likewise

        wanted = [Importable(m.name, folder / _placed(m.path), folder) for m in reading.modules]
        with self._lock:
            answers = confirm(self.interpreters[str(target.python)].path, wanted)
        pairs = [
            (read, _imported(read, answer.keeps_gil_off, answer.reason))
            for read, answer in zip(reading.modules, answers, strict=True)
        ]
        missing = [a for a in answers if a.keeps_gil_off is None]
        why = "; ".join(f"{a.name}: {a.reason}" for a in missing[:3])
        return replace(
            reading,
            modules=tuple(imported for _, imported in pairs),
            disagreements=tuple((a, b) for a, b in pairs if _disagree(a, b)),
            imported=bool(pairs) and not missing,
            unimported=why,
        )


def _is_here(target: Target) -> bool:
    """Does what fits the target's newest platform tag run on this machine?"""
    return target.platform.tags[0] in local_platform().tags


def _placed(path: str) -> str:
    """Where an installer puts a member: `x.data/platlib/` goes where packages go."""
    first, _, rest = path.partition("/")
    return rest.partition("/")[2] if first.endswith(".data") else path


def _imported(read: Module, keeps_gil_off: bool | None, reason: str) -> Module:
    if keeps_gil_off is None:
        return read
    declaration = "not_used" if keeps_gil_off else "used"
    return replace(read, declaration=declaration, found_by="import", reason=reason)


def _disagree(read: Module, imported: Module) -> bool:
    return {read.keeps_gil_off, imported.keeps_gil_off} == {True, False}
