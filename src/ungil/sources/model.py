"""The words of this room: what the sources of an extension module declare."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ungil.extensions import Declaration
from ungil.findings import Finding, Location

__all__ = ["Inspection", "SourceModule", "TooLargeError", "Toolchain", "UnreadableError"]


class UnreadableError(Exception):
    """A source that cannot be read or parsed; the message says why, on one line."""


class TooLargeError(UnreadableError):
    """A source that is larger than what people write."""


class Toolchain(enum.Enum):
    """What turns the sources into an extension module."""

    C = "C"
    PYBIND11 = "pybind11"
    NANOBIND = "nanobind"
    BOOST_PYTHON = "Boost.Python"
    CYTHON = "Cython"
    PYO3 = "PyO3"
    F2PY = "f2py"
    SWIG = "SWIG"
    MYPYC = "mypyc"
    CFFI = "cffi"


@dataclass(frozen=True, slots=True)
class SourceModule:
    """One extension module, as its sources describe it.

    Attributes:
        name: As the sources call it, e.g. `etree` of `PyInit_etree`.
        toolchain: What makes it.
        declaration: What it would declare, built for 3.14t or 3.15t.
        explicit: Is the declaration written down? False where it is what the
            toolchain does by itself, or not known.
        location: Where it is declared, or where the declaration belongs.
        reason: What was seen, or why it is unknown; one sentence.
        too_late: Is the lock declared unused where the interpreter has
            already looked?
    """

    name: str
    toolchain: Toolchain
    declaration: Declaration
    explicit: bool
    location: Location
    reason: str
    too_late: bool = False


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a source tree says before anything is built.

    Attributes:
        findings: What stands in the way, and what to look at when porting.
        declared: The extension modules, by toolchain and name.
        notes: What was not looked at, in sentences.
    """

    findings: tuple[Finding, ...]
    declared: tuple[SourceModule, ...]
    notes: tuple[str, ...]
