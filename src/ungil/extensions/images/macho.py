"""Mach-O dynamic libraries and bundles, read as dyld does.

The facts are from Apple's `<mach-o/loader.h>`, `<mach-o/fixup-chains.h>` and
dyld's sources. The symbol table is not read: dyld finds exports in a trie and
imports in its fixups, and both stay when symbols are stripped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from struct import Struct
from typing import Literal

from ungil.extensions.images.address_space import AddressSpace, Segment, record
from ungil.extensions.images.image import ENTRY_PREFIXES, Import, Region
from ungil.extensions.images.macho_chains import ChainedFixups
from ungil.extensions.images.macho_exports import exported
from ungil.extensions.images.macho_opcodes import OpcodeFixups
from ungil.extensions.model import BinaryError
from ungil.extensions.source import ByteSource

__all__ = ["MachOImage"]

_ORDERS: Mapping[bytes, tuple[Literal[32, 64], Literal["little", "big"]]] = {
    b"\xfe\xed\xfa\xce": (32, "big"),
    b"\xce\xfa\xed\xfe": (32, "little"),
    b"\xfe\xed\xfa\xcf": (64, "big"),
    b"\xcf\xfa\xed\xfe": (64, "little"),
}
_ABI64 = 0x1000000
_MACHINES = {
    7: "x86",
    7 | _ABI64: "x86_64",
    12: "arm",
    12 | _ABI64: "aarch64",
    18: "ppc",
    18 | _ABI64: "ppc64",
}
_MH_DYLIB, _MH_BUNDLE = 6, 8
_OTHER_TYPES = {1: "an object file", 2: "an executable", 10: "debugging information"}

_LC_SEGMENT, _LC_SEGMENT_64 = 0x1, 0x19
_LC_DYLD_INFO, _LC_DYLD_INFO_ONLY = 0x22, 0x80000022
_LC_DYLD_EXPORTS_TRIE, _LC_DYLD_CHAINED_FIXUPS = 0x80000033, 0x80000034
_VM_PROT_WRITE, _VM_PROT_EXECUTE = 2, 4
_SG_READ_ONLY = 0x10
_MOST_COMMAND_BYTES = 1 << 20


class MachOImage:
    """One machine's Mach-O library."""

    def __init__(self, source: ByteSource) -> None:
        """Read the header and the load commands.

        Raises:
            BinaryError: They are damaged, or this is no library or bundle.
        """
        self.format = "Mach-O"
        self._source = source
        magic = source.read(0, 4)
        if magic not in _ORDERS:
            raise BinaryError("the Mach-O header is damaged")
        self.bits, self.byte_order = _ORDERS[magic]
        self._word: Literal[4, 8] = 8 if self.bits == 64 else 4
        self._order = "<" if self.byte_order == "little" else ">"
        layout = Struct(self._order + "4xI4xIII" + ("8x" if self.bits == 64 else "4x"))
        header = source.read(0, layout.size)
        processor, kind, count, size = record(layout, header, 0)
        if kind not in (_MH_DYLIB, _MH_BUNDLE):
            what = _OTHER_TYPES.get(kind, "of another type")
            raise BinaryError(f"this Mach-O file is {what}, not a shared library")
        self.machine = _MACHINES.get(processor, f"Mach-O processor {processor:#x}")
        if size > _MOST_COMMAND_BYTES:
            raise BinaryError("the Mach-O load commands are damaged")
        commands = list(_commands(source.read(layout.size, size), self._order, count))
        self._segments = list(_segments(commands, self._order))
        if any(segment.end > 1 << self.bits for segment in self._segments):
            raise BinaryError("a Mach-O segment lies beyond the last address")
        self._space = AddressSpace(source, self._segments)
        self._base = _base(self._segments)
        self._tables = _tables(commands, self._order)

    @property
    def regions(self) -> Sequence[Region]:
        """What is mapped; what dyld makes read-only after its work is so here."""
        return self._space.regions

    def entries(self) -> Mapping[str, int]:
        """Exported symbols under the names that CPython looks for."""
        prefixes = [b"_" + prefix.encode() for prefix in ENTRY_PREFIXES]
        trie = self._table("exports", "the export trie")
        return {
            name[1:].decode(errors="replace"): self._base + offset
            for name, offset in exported(trie, prefixes)
        }

    def imported(self) -> Sequence[str]:
        """The names that dyld binds."""
        return self._fixups.imported()

    def bytes_at(self, address: int, size: int) -> bytes | None:
        """The bytes in the file; None unless all are mapped, or for more than 1 MiB."""
        return self._space.bytes_at(address, size)

    def word(self, address: int) -> int | Import | None:
        """What a pointer-sized word holds after dyld's work.

        A signed pointer (arm64e) is given as the address it signs. A symbol
        that is looked up by name is an import, even if it is defined here.
        """
        data = self._space.bytes_at(address, self._word)
        if data is None:
            return None
        return self._fixups.word(address, int.from_bytes(data, self.byte_order))

    def words_equal(self, value: int) -> Iterator[int]:
        """The addresses of relocated words that will hold the address `value`."""
        return self._fixups.words_equal(value)

    @cached_property
    def _fixups(self) -> ChainedFixups | OpcodeFixups:
        if "chains" in self._tables:
            chains = self._table("chains", "the table of chained fixups")
            return ChainedFixups(chains, self._space, self._base)
        # Weak bindings are left out: each word has a rebase or a binding too.
        return OpcodeFixups(
            self._space,
            [segment.start for segment in self._segments],
            self._word,
            self.byte_order,
            rebases=self._table("rebases", "the rebase table"),
            bindings=self._table("bindings", "the binding table"),
            lazy=self._table("lazy", "the lazy binding table"),
        )

    def _table(self, key: str, name: str) -> bytes:
        offset, size = self._tables.get(key, (0, 0))
        if offset + size > self._source.size:
            raise BinaryError(f"{name} lies outside the file")
        return self._source.read(offset, size)


def _commands(data: bytes, order: str, count: int) -> Iterator[tuple[int, bytes]]:
    """The load commands by number."""
    layout = Struct(order + "II")
    position = 0
    for _ in range(count):
        number, size = record(layout, data, position)
        if size < layout.size:
            raise BinaryError("the Mach-O load commands are damaged")
        yield number, data[position : position + size]
        position += size


def _segments(commands: Sequence[tuple[int, bytes]], order: str) -> Iterator[Segment]:
    """All, even empty ones: tables refer to them by number."""
    for number, command in commands:
        if number in (_LC_SEGMENT, _LC_SEGMENT_64):
            fields = "24xQQQQ4xI4xI" if number == _LC_SEGMENT_64 else "24xIIII4xI4xI"
            address, size, offset, stored, protection, flags = record(
                Struct(order + fields), command, 0
            )
            writable = bool(protection & _VM_PROT_WRITE) and not flags & _SG_READ_ONLY
            region = Region(address, size, bool(protection & _VM_PROT_EXECUTE), writable)
            yield Segment(region, offset, min(stored, size))


def _base(segments: Sequence[Segment]) -> int:
    """The address of the header."""
    for segment in segments:
        if segment.offset == 0 and segment.stored:
            return segment.start
    raise BinaryError("no segment holds the Mach-O header: is it debugging information?")


def _tables(commands: Sequence[tuple[int, bytes]], order: str) -> Mapping[str, tuple[int, ...]]:
    """The offsets and sizes of dyld's tables."""
    tables: dict[str, tuple[int, ...]] = {}
    for number, command in commands:
        if number in (_LC_DYLD_INFO, _LC_DYLD_INFO_ONLY):
            numbers = record(Struct(order + "8x10I"), command, 0)
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            names = ("rebases", "bindings", "weak", "lazy", "exports")
            tables.update(zip(names, pairs, strict=True))
        elif number == _LC_DYLD_EXPORTS_TRIE:
            tables["exports"] = record(Struct(order + "8xII"), command, 0)
        elif number == _LC_DYLD_CHAINED_FIXUPS:
            tables["chains"] = record(Struct(order + "8xII"), command, 0)
    if not tables.keys() & {"rebases", "chains"}:
        raise BinaryError("this Mach-O file has no information for dyld")
    return tables
