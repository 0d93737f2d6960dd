"""ELF shared libraries, read as their dynamic loader does.

Only program headers and the dynamic section count: section headers may be
stripped, and lie at the far end of the file. The facts are from the System V
gABI, `<elf.h>`, the processors' psABIs and glibc's `dl-machine.h` files.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from struct import Struct
from typing import Literal

from ungil.extensions.images.address_space import AddressSpace, Segment, numbers, record
from ungil.extensions.images.elf_relocations import PackedPlaces, Relocation, Relocations
from ungil.extensions.images.image import ENTRY_PREFIXES, Import, Region
from ungil.extensions.model import BinaryError
from ungil.extensions.source import ByteSource

__all__ = ["ElfImage"]

_ET_DYN = 3
_OTHER_TYPES = {1: "an object file", 2: "an executable", 4: "a core dump"}
_PT_LOAD, _PT_DYNAMIC, _PT_GNU_RELRO = 1, 2, 0x6474E552
_PF_X, _PF_W = 1, 2
_MOST_PROGRAM_HEADERS = 256
_MOST_DYNAMIC_BYTES = 1 << 16
_MOST_AT_ONE_PLACE = 16

_DT_PLTRELSZ, _DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_RELA, _DT_RELASZ = 2, 4, 5, 6, 7, 8
_DT_STRSZ, _DT_REL, _DT_RELSZ, _DT_PLTREL, _DT_JMPREL = 10, 17, 18, 20, 23
_DT_RELRSZ, _DT_RELR, _DT_GNU_HASH, _DT_VERSYM = 35, 36, 0x6FFFFEF5, 0x6FFFFFF0
# DT_ANDROID_REL, DT_ANDROID_RELA and DT_ANDROID_RELR of bionic's <elf.h>.
_DT_ANDROID = {0x6000000F, 0x60000011, 0x6FFFE000}

_SHN_UNDEF = 0
_STT_NOTYPE, _STT_FUNC, _STT_TLS, _STT_GNU_IFUNC = 0, 2, 6, 10
_STB_LOCAL = 0
_STV_DEFAULT, _STV_PROTECTED = 0, 3

_ENTRY = re.compile("|".join(ENTRY_PREFIXES).encode())
# What the prefixes start with: one quick search for each finds them all.
_STEMS = sorted({prefix.rstrip("U_").encode() for prefix in ENTRY_PREFIXES})


@dataclass(frozen=True, slots=True)
class _Processor:
    """The relocations of its shared libraries.

    Attributes:
        name: Of the machine.
        relative: The kind for an address of this image.
        bound: The kinds for a symbol's address: GLOB_DAT, JUMP_SLOT.
        symbolic: The kind for a symbol's address plus an addend.
    """

    name: str
    relative: int
    bound: tuple[int, ...]
    symbolic: int


_PROCESSORS = {
    (3, 32, "little"): _Processor("x86", 8, (6, 7), 1),
    (21, 64, "little"): _Processor("ppc64le", 22, (20, 21), 38),
    (22, 64, "big"): _Processor("s390x", 12, (10, 11), 22),
    (40, 32, "little"): _Processor("arm", 23, (21, 22), 2),
    (62, 64, "little"): _Processor("x86_64", 8, (6, 7), 1),
    (183, 64, "little"): _Processor("aarch64", 1027, (1025, 1026), 257),
    (243, 64, "little"): _Processor("riscv64", 3, (5,), 2),
}
"""By `e_machine`, bits and byte order."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """The records of one class and byte order; `word` is in bytes."""

    bits: Literal[32, 64]
    byte_order: Literal["little", "big"]
    word: Literal[4, 8]
    header: Struct
    program: Struct
    symbol: Struct


@dataclass(frozen=True, slots=True)
class _Program:
    """A program header."""

    kind: int
    flags: int
    offset: int
    address: int
    stored: int
    size: int


@dataclass(frozen=True, slots=True)
class _Symbol:
    """An entry of the dynamic symbol table."""

    name: int
    kind: int
    binding: int
    visibility: int
    section: int
    value: int


class ElfImage:
    """An ELF shared library.

    On `arm` the lowest bit of an entry says that its code is Thumb, as it
    does in a pointer to it.
    """

    def __init__(self, source: ByteSource) -> None:
        """Read the headers and the dynamic section.

        Raises:
            BinaryError: They are damaged, or this is no shared library.
        """
        self.format = "ELF"
        self._layout = _layout(source.read(0, 16))
        self.bits = self._layout.bits
        self.byte_order = self._layout.byte_order
        header = record(self._layout.header, source.read(0, self._layout.header.size), 0)
        if header[0] != _ET_DYN:
            what = _OTHER_TYPES.get(header[0], "of an unknown type")
            raise BinaryError(f"this ELF file is {what}, not a shared library")
        self._processor = _PROCESSORS.get((header[1], self.bits, self.byte_order))
        self.machine = self._processor.name if self._processor else f"ELF machine {header[1]}"
        programs = _programs(source, self._layout, header[4], header[8], header[9])
        self._space = AddressSpace(source, _segments(programs, 1 << self.bits))
        self._dynamic = self._dynamic_section(programs)

    @property
    def regions(self) -> Sequence[Region]:
        """What is mapped; what the loader makes read-only at the end is so here."""
        return self._space.regions

    def entries(self) -> Mapping[str, int]:
        """Exported functions under the names that CPython looks for."""
        wanted = dict(_entry_names(self._names))
        if not wanted:
            return {}
        # The name is a symbol's first field, in either class.
        names = numbers(self._symbols, 4, self.byte_order)[:: self._layout.symbol.size // 4]
        found = {}
        for index, name in enumerate(names):
            if name in wanted and _is_exported_function(symbol := self._symbol(index)):
                found[wanted[name]] = symbol.value
        return found

    def imported(self) -> Sequence[str]:
        """The names of the undefined symbols."""
        # By columns: one symbol at a time costs ten times as much.
        layout = self._layout.symbol
        names = numbers(self._symbols, 4, self.byte_order)[:: layout.size // 4]
        info, section_at = (4, 6) if self.bits == 64 else (12, 14)
        sections = numbers(self._symbols, 2, self.byte_order)[section_at // 2 :: layout.size // 2]
        kinds = self._symbols[info :: layout.size]
        return [
            _string(self._names, name)
            for name, section, kind in zip(names, sections, kinds, strict=True)
            if section == _SHN_UNDEF and kind >> 4 != _STB_LOCAL and name
        ]

    def bytes_at(self, address: int, size: int) -> bytes | None:
        """The bytes in the file; None unless all are mapped, or for more than 1 MiB."""
        return self._space.bytes_at(address, size)

    def word(self, address: int) -> int | Import | None:
        """What a pointer-sized word holds after relocation.

        Symbols that are defined here count as such, though another library may
        come first. None also on processors whose relocations are not known.
        """
        data = self._space.bytes_at(address, self._layout.word)
        if data is None or self._processor is None:
            return None
        held = int.from_bytes(data, self.byte_order)
        relocations = [
            relocation
            for table in self._relocations
            for relocation in islice(table.at(address), _MOST_AT_ONE_PLACE)
        ]
        if not relocations:
            return held
        # JMPREL may repeat a part of RELA; otherwise one word has one relocation.
        values = {self._value(self._processor, relocation, held) for relocation in relocations}
        clear = len(values) == 1 and len(relocations) < _MOST_AT_ONE_PLACE
        return values.pop() if clear else None

    def words_equal(self, value: int) -> Iterator[int]:
        """The addresses of relocated words that will hold the address `value`."""
        places = {*self._bound_places.get(value, ()), *self._places_in_place(value)}
        for table in self._relocations:
            places.update(relocation.place for relocation in table.with_addend(value))
        return iter(sorted(place for place in places if self.word(place) == value))

    def _dynamic_section(self, programs: Iterable[_Program]) -> Mapping[int, int]:
        for program in programs:
            if program.kind == _PT_DYNAMIC and program.stored:
                size = min(program.stored, _MOST_DYNAMIC_BYTES)
                words = numbers(
                    self._space.table(program.address, size, "the dynamic section"),
                    self._layout.word,
                    self.byte_order,
                )
                tags = words[:-1:2]
                end = tags.index(0) if 0 in tags else len(tags)
                return dict(zip(tags[:end], words[1::2], strict=False))
        raise BinaryError("this ELF file has no dynamic section: is it debugging information?")

    def _table(self, place: int, size: int, name: str) -> bytes:
        """A table by the tags of its address and size; empty if there is none."""
        if place not in self._dynamic:
            return b""
        return self._space.table(self._dynamic[place], self._dynamic.get(size, 0), name)

    @cached_property
    def _names(self) -> bytes:
        return self._table(_DT_STRTAB, _DT_STRSZ, "the dynamic string table")

    @cached_property
    def _symbols(self) -> bytes:
        address = self._dynamic.get(_DT_SYMTAB)
        if address is None:
            return b""
        size = self._symbol_count(address) * self._layout.symbol.size
        return self._space.table(address, size, "the dynamic symbol table")

    def _symbol_count(self, table: int) -> int:
        """The symbol table's length, which only the hash tables tell."""
        if _DT_HASH in self._dynamic:
            data = self._space.table(self._dynamic[_DT_HASH], 16, "the hash table")
            buckets, chains, _, wide_chains = numbers(data, 4, self.byte_order)
            # GNU ld takes 8 bytes for each number on s390x, LLVM's ld takes 4.
            return wide_chains if self.machine == "s390x" and not buckets else chains
        if _DT_GNU_HASH in self._dynamic and (count := self._hashed(self._dynamic[_DT_GNU_HASH])):
            return count
        # Nothing is exported. What is imported lies before the next table.
        tags = (_DT_STRTAB, _DT_GNU_HASH, _DT_VERSYM, _DT_RELA, _DT_REL, _DT_JMPREL, _DT_RELR)
        after = [self._dynamic[tag] for tag in tags if self._dynamic.get(tag, 0) > table]
        return (min(after) - table) // self._layout.symbol.size if after else 0

    def _hashed(self, table: int) -> int:
        """The number after the last symbol in the GNU hash table; 0 if it is empty."""
        name = "the GNU hash table"
        head = numbers(self._space.table(table, 16, name), 4, self.byte_order)
        buckets = table + 16 + head[2] * self._layout.word
        first = numbers(self._space.table(buckets, 4 * head[0], name), 4, self.byte_order)
        last = max(first, default=0)
        if last < head[1] or last == 0:
            return 0
        chain = buckets + 4 * head[0] + 4 * (last - head[1])
        while links := numbers(self._space.stored_from(chain, 4096), 4, self.byte_order):
            for link in links:
                last += 1
                if link & 1:
                    return last
            chain += 4 * len(links)
        raise BinaryError(f"{name} is damaged")

    def _symbol(self, index: int) -> _Symbol:
        layout = self._layout.symbol
        fields = record(layout, self._symbols, index * layout.size)
        if self.bits == 64:
            name, info, other, section, value, _ = fields
        else:
            name, value, _, info, other, section = fields
        return _Symbol(name, info & 15, info >> 4, other & 3, section, value)

    def _name(self, symbol: _Symbol) -> str:
        return _string(self._names, symbol.name)

    @cached_property
    def _relocations(self) -> Sequence[Relocations]:
        if _DT_ANDROID & self._dynamic.keys():
            raise BinaryError("Android's packed relocations are not read")
        rela = self._table(_DT_RELA, _DT_RELASZ, "the relocation table")
        rel = self._table(_DT_REL, _DT_RELSZ, "the relocation table")
        plt = self._table(_DT_JMPREL, _DT_PLTRELSZ, "the relocation table of imported functions")
        plt_addends = self._dynamic.get(_DT_PLTREL) == _DT_RELA
        tables = ((rela, True), (rel, False), (plt, plt_addends))
        return [
            Relocations(self._words(data), self.bits, addends=addends)
            for data, addends in tables
            if data
        ]

    @cached_property
    def _packed(self) -> PackedPlaces:
        data = self._table(_DT_RELR, _DT_RELRSZ, "the packed relocation table")
        return PackedPlaces(self._words(data))

    def _words(self, data: bytes) -> array[int]:
        return numbers(data, self._layout.word, self.byte_order)

    def _value(
        self, processor: _Processor, relocation: Relocation, held: int
    ) -> int | Import | None:
        """What the loader writes where the file holds `held`."""
        kind = relocation.kind
        addend = held if relocation.addend is None else relocation.addend
        if kind == 0:  # R_*_NONE on every processor
            return held
        if kind == processor.relative:
            return addend
        if kind in processor.bound:
            return self._bound(relocation.symbol, relocation.addend or 0)
        if kind == processor.symbolic:
            return self._bound(relocation.symbol, addend)
        return None

    def _bound(self, index: int, addend: int) -> int | Import | None:
        """A symbol's address plus an addend."""
        if index == 0:
            return addend
        symbol = self._symbol(index)
        if symbol.section == _SHN_UNDEF:
            return None if addend else Import(self._name(symbol))
        if symbol.kind in (_STT_TLS, _STT_GNU_IFUNC):
            return None
        return (symbol.value + addend) % (1 << self.bits)

    @cached_property
    def _bound_places(self) -> Mapping[int, Sequence[int]]:
        """By the address they will hold, the words with symbols that are defined here."""
        places: dict[int, list[int]] = {}
        if self._processor is None:
            return places
        found = {
            relocation.place
            for table in self._relocations
            for relocation in table.other_than(self._processor.relative)
        }
        for place in found:
            value = self.word(place)
            if isinstance(value, int):
                places.setdefault(value, []).append(place)
        return places

    def _places_in_place(self, value: int) -> Iterator[int]:
        """The places of relocations without an addend where the file holds `value`."""
        if not 0 <= value < 1 << self.bits:
            return
        needle = value.to_bytes(self._layout.word, self.byte_order)
        tables: list[PackedPlaces | Relocations] = [self._packed]
        tables += [table for table in self._relocations if table.in_place]
        for table in tables:
            first, last = table.bounds
            found = self._space.find(needle, first, last + self._layout.word)
            yield from (place for place in found if place in table)


def _layout(identification: bytes) -> _Layout:
    """From the first 16 bytes, the same in every ELF file."""
    match identification[4:6]:
        case b"\1\1":
            return _narrow("little")
        case b"\1\2":
            return _narrow("big")
        case b"\2\1":
            return _wide("little")
        case b"\2\2":
            return _wide("big")
    raise BinaryError("the ELF header is damaged")


def _narrow(byte_order: Literal["little", "big"]) -> _Layout:
    order = "<" if byte_order == "little" else ">"
    header, program, symbol = (
        Struct(order + fields) for fields in ("16xHHIIIII6H", "8I", "IIIBBH")
    )
    return _Layout(32, byte_order, 4, header, program, symbol)


def _wide(byte_order: Literal["little", "big"]) -> _Layout:
    order = "<" if byte_order == "little" else ">"
    header, program, symbol = (
        Struct(order + fields) for fields in ("16xHHIQQQI6H", "IIQQQQQQ", "IBBHQQ")
    )
    return _Layout(64, byte_order, 8, header, program, symbol)


def _programs(
    source: ByteSource, layout: _Layout, offset: int, size: int, count: int
) -> Sequence[_Program]:
    if size != layout.program.size or count > _MOST_PROGRAM_HEADERS:
        raise BinaryError("the ELF program headers are damaged")
    data = source.read(offset, size * count)
    programs = []
    for index in range(count):
        fields = record(layout.program, data, index * size)
        if layout.bits == 64:
            kind, flags, start, address, _, stored, memory, _ = fields
        else:
            kind, start, address, _, stored, memory, flags, _ = fields
        programs.append(_Program(kind, flags, start, address, stored, memory))
    return programs


def _segments(programs: Iterable[_Program], limit: int) -> Sequence[Segment]:
    """What PT_LOAD maps, then again the parts that PT_GNU_RELRO protects."""
    loaded = []
    for program in programs:
        if program.kind == _PT_LOAD:
            if program.address + program.size > limit:
                raise BinaryError("an ELF segment lies beyond the last address")
            executable, writable = bool(program.flags & _PF_X), bool(program.flags & _PF_W)
            region = Region(program.address, program.size, executable, writable)
            loaded.append(Segment(region, program.offset, min(program.stored, program.size)))
    protected = [
        replace(part, region=replace(part.region, writable=False))
        for program in programs
        if program.kind == _PT_GNU_RELRO
        for segment in loaded
        if (part := segment.part(program.address, program.address + program.size))
    ]
    return [*loaded, *protected]


def _entry_names(names: bytes) -> Iterator[tuple[int, str]]:
    """The strings that are names of entries, or end in one, and where they start."""
    for stem in _STEMS:
        position = names.find(stem)
        while position >= 0:
            if _ENTRY.match(names, position):
                yield position, _string(names, position)
            position = names.find(stem, position + 1)


def _string(names: bytes, position: int) -> str:
    end = names.find(b"\0", position)
    return names[position : end if end >= 0 else len(names)].decode(errors="replace")


def _is_exported_function(symbol: _Symbol) -> bool:
    return (
        symbol.section != _SHN_UNDEF
        and symbol.binding != _STB_LOCAL
        and symbol.kind in (_STT_NOTYPE, _STT_FUNC)
        and symbol.visibility in (_STV_DEFAULT, _STV_PROTECTED)
    )
