"""Chained fixups: words that each hold the distance to the next.

The facts are from Apple's `<mach-o/fixup-chains.h>`. They are little-endian,
and the formats read here are those of 64-bit macOS.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from struct import Struct

from ungil.extensions.images.address_space import AddressSpace, record
from ungil.extensions.images.image import Import
from ungil.extensions.images.macho_stream import Stream
from ungil.extensions.model import BinaryError

__all__ = ["ChainedFixups"]

_HEADER = Struct("<4x6I")
_OFFSET = Struct("<I")
_STARTS = Struct("<4xHHQ4xH")
_START = Struct("<H")
_NO_CHAIN = 0xFFFF

# DYLD_CHAINED_PTR_ARM64E, _64, _64_OFFSET, _ARM64E_USERLAND, _ARM64E_USERLAND24
_ARM64E, _PTR_64, _PTR_64_OFFSET, _USERLAND, _USERLAND24 = 1, 2, 6, 9, 12
_SIGNED = (_ARM64E, _USERLAND, _USERLAND24)
_POINTER_FORMATS = (_PTR_64, _PTR_64_OFFSET, *_SIGNED)

# By DYLD_CHAINED_IMPORT, _ADDEND and _ADDEND64: how far to shift the name's offset, and the record.
_IMPORTS = {1: (9, Struct("<I")), 2: (9, Struct("<Ii")), 3: (32, Struct("<QQ"))}

_WORD = 8
_MOST_SEGMENTS = 256
_MOST_PAGES = 1 << 18
_CACHED_PAGES = 256


@dataclass(frozen=True, slots=True)
class _Page:
    """A page with a chain, which starts at an offset in it."""

    address: int
    size: int
    pointer_format: int
    chain: int


class ChainedFixups:
    """The words that dyld changes, found by following the chain of their page."""

    def __init__(self, data: bytes, space: AddressSpace, base: int) -> None:
        """Read where the chains start.

        Raises:
            BinaryError: The table is damaged or of a form that is not read.
        """
        self._data = data
        self._space = space
        self._base = base
        starts, *self._tables, symbols_format = record(_HEADER, data, 0)
        if symbols_format:
            raise BinaryError("compressed names of imports are not read")
        self._pages = sorted(_pages(data, starts, base), key=lambda page: page.address)
        self._walked: dict[int, frozenset[int]] = {}

    def word(self, address: int, held: int) -> int | Import | None:
        """What the word there will hold; the file holds `held`."""
        page = self._page(address)
        if page is None or address not in self._places(page):
            return held
        return self._decoded(held, page.pointer_format)

    def words_equal(self, value: int) -> Iterator[int]:
        """The rebased words that will hold the address."""
        # Each format has a target's low half, absolute or from the base, in front.
        halves = [((value - base) % (1 << 32)).to_bytes(4, "little") for base in (0, self._base)]
        for page in self._pages:
            data = self._space.stored_from(page.address, page.size)
            if any(half in data for half in halves):
                for place, held in self._chain(page):
                    if self.word(place, held) == value:
                        yield place

    def imported(self) -> Sequence[str]:
        """The names in the table of imports."""
        return list(dict.fromkeys(name for name, _ in self._imports))

    def _page(self, address: int) -> _Page | None:
        index = bisect_right(self._pages, address, key=lambda page: page.address) - 1
        page = self._pages[index] if index >= 0 else None
        return page if page is not None and address < page.address + page.size else None

    def _places(self, page: _Page) -> frozenset[int]:
        if page.address not in self._walked:
            if len(self._walked) == _CACHED_PAGES:
                self._walked.clear()
            self._walked[page.address] = frozenset(place for place, _ in self._chain(page))
        return self._walked[page.address]

    def _chain(self, page: _Page) -> Iterator[tuple[int, int]]:
        """The places in a page's chain and what the file holds there."""
        bits, stride = (11, 8) if page.pointer_format in _SIGNED else (12, 4)
        data = self._space.stored_from(page.address, page.size + _WORD - 1)
        offset = page.chain
        while offset < page.size:
            if offset + _WORD > len(data):
                raise BinaryError("a chain of fixups is damaged")
            held = int.from_bytes(data[offset : offset + _WORD], "little")
            yield page.address + offset, held
            distance = held >> 51 & ((1 << bits) - 1)
            if not distance:
                return
            offset += distance * stride

    def _decoded(self, held: int, pointer_format: int) -> int | Import | None:
        if pointer_format in _SIGNED:
            return self._decoded_arm64e(held, pointer_format)
        if held >> 63:
            return self._import(held & 0xFFFFFF, held >> 24 & 0xFF)
        base = self._base if pointer_format == _PTR_64_OFFSET else 0
        return (held & 0xFFFFFFFFF) + base | (held >> 36 & 0xFF) << 56

    def _decoded_arm64e(self, held: int, pointer_format: int) -> int | Import | None:
        signed = held >> 63
        if held >> 62 & 1:
            ordinal = held & (0xFFFFFF if pointer_format == _USERLAND24 else 0xFFFF)
            return self._import(ordinal, 0 if signed else held >> 32 & 0x7FFFF)
        if signed:
            return (held & 0xFFFFFFFF) + self._base
        base = 0 if pointer_format == _ARM64E else self._base
        return (held & 0x7FFFFFFFFFF) + base | (held >> 43 & 0xFF) << 56

    def _import(self, ordinal: int, addend: int) -> Import | None:
        if ordinal >= len(self._imports):
            raise BinaryError("a chained fixup names no import")
        name, own_addend = self._imports[ordinal]
        return None if addend or own_addend else Import(name)

    @cached_property
    def _imports(self) -> Sequence[tuple[str, int]]:
        """The names and their addends."""
        table, names, count, number = self._tables
        if number not in _IMPORTS:
            raise BinaryError(f"imports of format {number} are not read")
        shift, layout = _IMPORTS[number]
        imports = []
        for index in range(count):
            packed, *addend = record(layout, self._data, table + index * layout.size)
            name = Stream(self._data, names + (packed >> shift)).string()
            text = name.removeprefix(b"_").decode(errors="replace")
            imports.append((text, addend[0] if addend else 0))
        return imports


def _pages(data: bytes, image: int, base: int) -> Iterator[_Page]:
    """The pages with a chain."""
    (count,) = record(_OFFSET, data, image)
    left = _MOST_PAGES
    for number in range(min(count, _MOST_SEGMENTS)):
        (segment,) = record(_OFFSET, data, image + (1 + number) * _OFFSET.size)
        if not segment:
            continue
        size, pointer_format, offset, pages = record(_STARTS, data, image + segment)
        if pointer_format not in _POINTER_FORMATS:
            raise BinaryError(f"chained fixups of format {pointer_format} are not read")
        left -= pages
        if left < 0 or not size:
            raise BinaryError("the table of chained fixups is damaged")
        for index in range(pages):
            place = image + segment + _STARTS.size + index * _START.size
            (chain,) = record(_START, data, place)
            if chain != _NO_CHAIN:
                yield _Page(base + offset + index * size, size, pointer_format, chain)
