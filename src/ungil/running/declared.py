"""What the modules that were imported declare about the GIL."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ungil.findings import Module, printable
from ungil.running.journal import Journal
from ungil.running.observed import Seen, observe

if TYPE_CHECKING:
    from ungil.index import PackageIndex
    from ungil.target import Target

__all__ = ["Declarations"]

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_FIRST_WITH_SLOT = (3, 13)  # `Py_mod_gil` came with it


@dataclass
class Declarations:
    """Tells what modules declare; each is read once.

    Attributes:
        in_wheels: What wheels declare, by module; see `of_wheels`.
    """

    in_wheels: Mapping[str, Module] = field(default_factory=dict)
    _read: dict[tuple[str, str], Module] = field(default_factory=dict)

    @classmethod
    def of_wheels(
        cls, journal: Journal, target: Target, index: PackageIndex
    ) -> tuple[Self, tuple[str, ...]]:
        """Those of the wheels that would be installed on a target.

        Args:
            journal: Only the distributions are asked for of which importing
                showed nothing.
            target: A free-threaded one.
            index: That has the wheels.

        Returns:
            Them, and sentences about distributions that have no such wheel.

        Raises:
            PackageIndexError: The index cannot be used.
        """
        from ungil.running.wheels import declared_in_wheels  # noqa: PLC0415 - slow, few runs ask an index

        installed = [
            seen.distribution
            for seen in observe(journal)
            if seen.keeps_gil_off is None and seen.distribution is not None
        ]
        modules, missing = declared_in_wheels(installed, target, index)
        return cls(modules), missing

    def of(self, seen: Seen) -> Module:
        """What a module declares, as far as it decides about a free-threaded Python.

        What importing it showed goes before what its wheel says, and that
        before its file.
        """
        name, file, started = seen.name, seen.created.file or "", seen.process.started
        if seen.keeps_gil_off is not None:
            state = "stayed off" if seen.keeps_gil_off else "came on"
            declaration = "not_used" if seen.keeps_gil_off else "used"
            return _module(name, file, declaration, "import", f"the GIL {state}")
        if name in self.in_wheels and seen.distribution is not None:
            return self.in_wheels[name]
        module = self._read.get((name, file))
        if module is None:
            module = self._read[name, file] = _of_file(name, file)
        return module if started.free_threaded else _as_far_as_it_decides(module, started.release)


def _of_file(name: str, file: str) -> Module:
    from ungil.extensions import BinaryError, read  # noqa: PLC0415 - loads a disassembler, for few runs

    last = name.rpartition(".")[2].replace("-", "_")
    machine = platform.machine().lower()
    if not Path(file).exists():
        return _unknown(name, file, "its file is no longer there")
    try:
        found = [m for m in read(Path(file)) if m.name.replace("-", "_") == last]
    except BinaryError as error:
        return _unknown(name, file, printable(str(error)))
    except (OSError, ValueError) as error:
        return _unknown(name, file, printable(f"its file cannot be read: {error}"))
    # A universal binary has one for each machine.
    found = [m for m in found if m.machine == _MACHINES.get(machine, machine)] or found
    if not found:
        return _unknown(name, file, "its file does not export it")
    return found[0].described(file, name)


def _as_far_as_it_decides(module: Module, release: str) -> Module:
    """What a module of a GIL-enabled build says of the same one of a free-threaded build."""
    if module.explicit or module.declaration != "used":
        return module
    version = tuple(int(part) for part in release.split(".")[:2] if part.isdigit())
    if version < _FIRST_WITH_SLOT:
        why = f"it was built for Python {release}, whose modules declare nothing"
    else:
        # Many sources have the slot only where `Py_GIL_DISABLED` is defined.
        why = "it declares nothing in this GIL-enabled build, and may in a free-threaded one"
    return replace(module, declaration="unknown", found_by="", reason=why)


def _unknown(name: str, file: str, reason: str) -> Module:
    return _module(name, file, "unknown", "", reason)


def _module(name: str, file: str, declaration: str, found_by: str, reason: str) -> Module:
    """What is known of a module without its binary."""
    return Module(
        path=file,
        name=name,
        machine="",
        declaration=declaration,
        explicit=False,
        initialisation="unknown",
        toolchain=None,
        found_by=found_by,
        reason=reason,
    )
