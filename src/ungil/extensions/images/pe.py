"""PE32 and PE32+ DLLs, as Windows maps them.

The facts are from Microsoft's "PE Format". Addresses are those of the
preferred image base, so a word in the file holds what it holds in memory,
imports aside.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from struct import Struct
from typing import Literal

from ungil.extensions.images.address_space import AddressSpace, Segment, numbers, record
from ungil.extensions.images.image import ENTRY_PREFIXES, Import, Region
from ungil.extensions.model import BinaryError
from ungil.extensions.source import ByteSource

__all__ = ["PeImage"]

_DOS_HEADER = Struct("<60xI")
_FILE_HEADER = Struct("<4sHHIIIHH")
# ImageBase, SizeOfHeaders, NumberOfRvaAndSizes.
_OPTIONAL_HEADERS = {0x10B: Struct("<28xI28xI28xI"), 0x20B: Struct("<24xQ28xI44xI")}
_DIRECTORY = Struct("<II")
_SECTION = Struct("<8xIIII12xI")
_EXPORTS = Struct("<20xIIIII")
_IMPORTS = Struct("<I8xII")
_DELAYED_IMPORTS = Struct("<II4xII12x")
_RELOCATION_BLOCK = Struct("<II")

_MACHINES = {0x14C: "x86", 0x1C4: "arm", 0x8664: "x86_64", 0xAA64: "aarch64"}
_IMAGE_FILE_DLL = 0x2000
_MEM_EXECUTE, _MEM_WRITE = 0x20000000, 0x80000000
_REL_BASED_HIGHLOW, _REL_BASED_DIR64 = 3, 10
_PAGE = 0x1000
_SECTOR = 0x200

# Far above what linkers make: a damaged table could seem to hold millions.
_MOST_ENTRIES = 10_000
_MOST_LIBRARIES = 4096
_MOST_IMPORTS = 100_000
_MOST_BLOCKS = 1 << 18


class PeImage:
    """A Windows DLL."""

    def __init__(self, source: ByteSource) -> None:
        """Read the headers.

        Raises:
            BinaryError: They are damaged, or this is no DLL.
        """
        self.format = "PE"
        self.byte_order: Literal["little", "big"] = "little"
        (start,) = record(_DOS_HEADER, source.read(0, _DOS_HEADER.size), 0)
        head = source.read(start, _FILE_HEADER.size)
        if head[:4] != b"PE\0\0":
            raise BinaryError("this MZ file is a DOS program, not a DLL")
        _, machine, sections, _, _, _, size, flags = record(_FILE_HEADER, head, 0)
        if not flags & _IMAGE_FILE_DLL:
            raise BinaryError("this PE file is an executable, not a DLL")
        self.machine = _MACHINES.get(machine, f"PE machine {machine:#x}")
        optional = source.read(start + _FILE_HEADER.size, size)
        magic = int.from_bytes(optional[:2], "little")
        if magic not in _OPTIONAL_HEADERS:
            raise BinaryError("the PE optional header is damaged")
        self.bits: Literal[32, 64] = 64 if magic == 0x20B else 32
        self._word: Literal[4, 8] = 8 if self.bits == 64 else 4
        layout = _OPTIONAL_HEADERS[magic]
        self._base, headers, count = record(layout, optional, 0)
        self._directories = [
            record(_DIRECTORY, optional, layout.size + index * _DIRECTORY.size)
            for index in range(min(count, 16))
        ]
        table = source.read(start + _FILE_HEADER.size + size, sections * _SECTION.size)
        mapped = [
            Segment(Region(self._base, headers, executable=False, writable=False), 0, headers)
        ]
        mapped += [_section(self._base, table, index) for index in range(sections)]
        if any(segment.end > 1 << self.bits for segment in mapped):
            raise BinaryError("a PE section lies beyond the last address")
        self._space = AddressSpace(source, mapped)

    @property
    def regions(self) -> Sequence[Region]:
        """What is mapped: the headers and the sections."""
        return self._space.regions

    def entries(self) -> Mapping[str, int]:
        """Exported functions under the names that CPython looks for.

        A forwarder, which names a function of another DLL, has no address and
        is left out; it lies within the export directory. The names are in
        order, as `GetProcAddress` needs them, so that few are read.
        """
        start, size = self._directory(0)
        if not size:
            return {}
        directory = self._space.table(start, _EXPORTS.size, "the export directory")
        exports = _Exports(self._space, self._base, *record(_EXPORTS, directory, 0))
        return {
            name.decode(errors="replace"): address
            for prefix in ENTRY_PREFIXES
            for name, address in exports.starting_with(prefix.encode())
            if not start <= address < start + size
        }

    def imported(self) -> Sequence[str]:
        """What the import directory and the delayed one ask for."""
        return list(dict.fromkeys(found.name for found in self._imports.values()))

    def bytes_at(self, address: int, size: int) -> bytes | None:
        """The bytes in the file; None unless all are mapped, or for more than 1 MiB."""
        return self._space.bytes_at(address, size)

    def word(self, address: int) -> int | Import | None:
        """What a pointer-sized word holds: an import, or what it holds in the file."""
        if address in self._imports:
            return self._imports[address]
        data = self._space.bytes_at(address, self._word)
        return None if data is None else int.from_bytes(data, "little")

    def words_equal(self, value: int) -> Iterator[int]:
        """The addresses of relocated words that hold the address `value`."""
        if not 0 <= value < 1 << self.bits:
            return
        needle = value.to_bytes(self._word, "little")
        kind = _REL_BASED_DIR64 if self.bits == 64 else _REL_BASED_HIGHLOW
        for page, blocks in self._blocks.items():
            found = set(self._space.find(needle, page, page + _PAGE + self._word - 1))
            if found:
                places = {page + (entry & 0xFFF) for entry in chain(*blocks) if entry >> 12 == kind}
                yield from sorted(found & places - self._imports.keys())

    def _directory(self, index: int) -> tuple[int, int]:
        """A table's address and size."""
        rva, size = self._directories[index] if index < len(self._directories) else (0, 0)
        return self._base + rva, size if rva else 0

    @cached_property
    def _imports(self) -> Mapping[int, Import]:
        """By the address of the word that will point to it."""
        found: dict[int, Import] = {}
        for library, names, slots in (*self._libraries(), *self._delayed_libraries()):
            for index, thunk in enumerate(self._thunks(names)):
                found[slots + index * self._word] = self._import(thunk, library)
                if len(found) > _MOST_IMPORTS:
                    raise BinaryError("the PE import tables are damaged")
        return found

    def _libraries(self) -> Iterator[tuple[int, int, int]]:
        """For each library: where its name, the imported names and their words are."""
        for names, library, slots in self._descriptors(1, _IMPORTS):
            if not library:
                return
            yield self._base + library, self._base + (names or slots), self._base + slots

    def _delayed_libraries(self) -> Iterator[tuple[int, int, int]]:
        """The same for libraries that are loaded when they are first needed."""
        for attributes, library, slots, names in self._descriptors(13, _DELAYED_IMPORTS):
            if not library:
                return
            # Visual C++ 6 wrote addresses here.
            base = self._base if attributes & 1 else 0
            yield base + library, base + names, base + slots

    def _descriptors(self, directory: int, layout: Struct) -> Iterator[tuple[int, ...]]:
        start, size = self._directory(directory)
        if not size:
            return
        for index in range(_MOST_LIBRARIES):
            place = start + index * layout.size
            yield record(layout, self._space.table(place, layout.size, "the import directory"), 0)
        raise BinaryError("the PE import directory is damaged")

    def _thunks(self, start: int) -> Iterator[int]:
        """The numbers up to a zero."""
        while thunks := numbers(self._space.stored_from(start, 2048), self._word, "little"):
            for thunk in thunks:
                if not thunk:
                    return
                yield thunk
            start += len(thunks) * self._word

    def _import(self, thunk: int, library: int) -> Import:
        if thunk >> (self.bits - 1):
            return Import(f"ordinal {thunk & 0xFFFF} of {self._string(library)}")
        hint = 2
        return Import(self._string(self._base + (thunk & 0x7FFFFFFF) + hint))

    def _string(self, address: int) -> str:
        text = self._space.string(address)
        if text is None:
            raise BinaryError("a name in the PE import tables is damaged")
        return text.decode(errors="replace")

    @cached_property
    def _blocks(self) -> Mapping[int, Sequence[Sequence[int]]]:
        """The base relocations by the page they change."""
        start, size = self._directory(5)
        data = self._space.table(start, size, "the base relocation table") if size else b""
        found: dict[int, list[Sequence[int]]] = {}
        position = 0
        for _ in range(_MOST_BLOCKS):
            if position >= len(data):
                return found
            rva, length = record(_RELOCATION_BLOCK, data, position)
            if length < _RELOCATION_BLOCK.size:
                break
            entries = data[position + _RELOCATION_BLOCK.size : position + length]
            found.setdefault(self._base + rva, []).append(numbers(entries, 2, "little"))
            position += length
        raise BinaryError("the base relocation table is damaged")


@dataclass(frozen=True, slots=True)
class _Exports:
    """The export directory; the last three are relative addresses of tables."""

    space: AddressSpace
    base: int
    functions: int
    names: int
    function_table: int
    name_table: int
    ordinal_table: int

    def starting_with(self, prefix: bytes) -> Iterator[tuple[bytes, int]]:
        """Names and addresses."""
        first = bisect_left(range(self.names), prefix, key=self._name)
        for index in range(first, self.names):
            name = self._name(index)
            if not name.startswith(prefix):
                return
            if index - first == _MOST_ENTRIES:
                raise BinaryError("the export directory is damaged")
            ordinal = self._number(self.ordinal_table, index, 2)
            if ordinal < self.functions:
                yield name, self.base + self._number(self.function_table, ordinal, 4)

    def _name(self, index: int) -> bytes:
        text = self.space.string(self.base + self._number(self.name_table, index, 4))
        if text is None:
            raise BinaryError("a name in the export directory is damaged")
        return text

    def _number(self, table: int, index: int, size: int) -> int:
        place = self.base + table + index * size
        return int.from_bytes(self.space.table(place, size, "the export directory"), "little")


def _section(base: int, table: bytes, index: int) -> Segment:
    size, address, raw_size, offset, flags = record(_SECTION, table, index * _SECTION.size)
    size = size or raw_size
    region = Region(base + address, size, bool(flags & _MEM_EXECUTE), bool(flags & _MEM_WRITE))
    # The loader rounds the offset down, whatever the file's alignment.
    offset -= offset % _SECTOR
    return Segment(region, offset, min(raw_size, size) if offset else 0)
