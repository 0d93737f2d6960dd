"""The words of this room: what an extension module is and what it declares."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ungil.findings import Module

__all__ = ["BinaryError", "Declaration", "ExtensionModule", "Initialisation"]


class BinaryError(ValueError):
    """Bytes that are no readable ELF, Mach-O or PE file; the message is one line."""


class Declaration(enum.Enum):
    """What a module tells a free-threaded interpreter about the GIL (PEP 703).

    `USED` is both the explicit declaration and the default of a module that
    says nothing: importing it switches the GIL on for the whole process.
    `RUN_TIME` means that code decides when the module is imported.
    """

    NOT_USED = "not_used"
    USED = "used"
    RUN_TIME = "run_time"
    UNKNOWN = "unknown"


class Initialisation(enum.Enum):
    """How a module is created.

    `MULTI_PHASE` is PEP 489 (`PyModuleDef_Init`), `SINGLE_PHASE` what came
    before it (`PyModule_Create2`), `EXPORT` is PEP 793 (`PyModExport_*`).
    """

    MULTI_PHASE = "multi-phase"
    SINGLE_PHASE = "single-phase"
    EXPORT = "export"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ExtensionModule:
    """One extension module of one binary, for one machine.

    Attributes:
        name: As exported, without the package: `etree` of `PyInit_etree`.
        format: `ELF`, `Mach-O` or `PE`.
        machine: E.g. `x86_64`, `aarch64`; of the slice, in a universal file.
        initialisation: How it is created.
        toolchain: What seems to have made it, e.g. `Cython`; None if nothing
            gives it away, or if the file is read in parts from far away. A
            guess, for choosing advice only.
        declaration: What it declares.
        explicit: Is the declaration written down? False where it is the
            default of a module that says nothing, or not known.
        found_by: `code` if the initialisation function was followed, `data`
            if only the module definition was read, empty if unknown.
        reason: What was seen, or why it is unknown; one sentence.
    """

    name: str
    format: str
    machine: str
    initialisation: Initialisation
    toolchain: str | None
    declaration: Declaration
    explicit: bool
    found_by: str
    reason: str

    def described(self, path: str, name: str) -> Module:
        """The same in the words of reports.

        Args:
            path: Of its file, as it is shown.
            name: As it is shown, e.g. with its package.
        """
        return Module(
            path=path,
            name=name,
            machine=self.machine,
            declaration=self.declaration.value,
            explicit=self.explicit,
            initialisation=self.initialisation.value,
            toolchain=self.toolchain,
            found_by=self.found_by,
            reason=self.reason,
        )
