"""A binary as its loader would lay it out, whatever its format.

Addresses are those the file was linked for. Nothing is loaded or relocated;
`word` says what a pointer would hold after the loader's work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["ENTRY_PREFIXES", "Image", "Import", "Region"]

ENTRY_PREFIXES = ("PyInit_", "PyInitU_", "PyModExport_", "PyModExportU_")
"""Symbols through which CPython finds a module (PEP 489, PEP 793)."""


@dataclass(frozen=True, slots=True)
class Import:
    """What another library supplies under this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Region:
    """A mapped part of the image.

    Attributes:
        address: Of its first byte.
        size: In memory; what the file does not hold of it is zero.
        executable: May it hold code?
        writable: May the program change it (relocations aside)?
    """

    address: int
    size: int
    executable: bool
    writable: bool


class Image(Protocol):
    """One machine's view of a binary.

    Attributes:
        format: `ELF`, `Mach-O` or `PE`.
        machine: `x86_64`, `aarch64`, `x86`, `arm`, `ppc64le`, `s390x`,
            `riscv64`, …
        bits: Of a pointer.
        byte_order: Of the machine.
    """

    format: str
    machine: str
    bits: Literal[32, 64]
    byte_order: Literal["little", "big"]

    @property
    def regions(self) -> Sequence[Region]:
        """What is mapped, by address."""

    def entries(self) -> Mapping[str, int]:
        """Exported symbols that start with one of `ENTRY_PREFIXES`, and where they are.

        Mach-O's leading underscore is taken off.
        """

    def imported(self) -> Sequence[str]:
        """The names of the symbols that other libraries must supply."""

    def bytes_at(self, address: int, size: int) -> bytes | None:
        """The bytes there before relocation; None unless all are mapped."""

    def word(self, address: int) -> int | Import | None:
        """What a pointer-sized word holds once the loader is done.

        An address or number, an import, or None where it is not mapped or its
        relocation is of a kind that is not understood.
        """

    def words_equal(self, value: int) -> Iterator[int]:
        """The addresses of relocated words that will hold the address `value`."""
