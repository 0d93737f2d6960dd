"""The tables that tell an ELF loader which words to change."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ungil.extensions.images.address_space import contains
from ungil.extensions.model import BinaryError

__all__ = ["PackedPlaces", "Relocation", "Relocations"]

# The largest libraries have about a million.
_MOST = 1 << 22


@dataclass(frozen=True, slots=True)
class Relocation:
    """One change.

    Attributes:
        place: The address of the word.
        kind: Its number in the processor's psABI.
        symbol: Index in the symbol table; 0 for none.
        addend: None if it is what the word holds in the file (REL).
    """

    place: int
    kind: int
    symbol: int
    addend: int | None


class Relocations:
    """A table in RELA or REL form.

    An index of the places, in order, finds one in a microsecond. Searching
    the packed bytes took a millisecond for each, a dict 100 bytes for each.
    """

    def __init__(self, words: array[int], bits: Literal[32, 64], *, addends: bool) -> None:
        """Index the table.

        Raises:
            BinaryError: It is absurdly long.
        """
        self.in_place = not addends
        self._words = words
        self._width = 3 if addends else 2
        # ELF32_R_TYPE and ELF64_R_TYPE of <elf.h>.
        self._kind_bits = 32 if bits == 64 else 8
        count = len(words) // self._width
        if count > _MOST:
            raise BinaryError(f"{count:,} relocations are too many")
        places = words[0 :: self._width]
        order = sorted(range(count), key=places.__getitem__)
        self._rows = array("I", order)
        self._places = array(words.typecode, map(places.__getitem__, order))

    @property
    def bounds(self) -> tuple[int, int]:
        """The first place and the last; both 0 if there is none."""
        return (self._places[0], self._places[-1]) if self._places else (0, 0)

    def at(self, place: int) -> Iterator[Relocation]:
        """Those that change the word there."""
        index = bisect_left(self._places, place)
        while index < len(self._places) and self._places[index] == place:
            yield self._relocation(self._rows[index])
            index += 1

    def __contains__(self, place: int) -> bool:
        return contains(self._places, place)

    def other_than(self, kind: int) -> Iterator[Relocation]:
        """Those of all other kinds."""
        mask = (1 << self._kind_bits) - 1
        for row, info in enumerate(self._words[1 :: self._width]):
            if info & mask != kind:
                yield self._relocation(row)

    def with_addend(self, addend: int) -> Iterator[Relocation]:
        """Those whose addend is written down and is this."""
        if self.in_place:
            return
        addends = self._words[2 :: self._width]
        row = -1
        for _ in range(addends.count(addend)):
            row = addends.index(addend, row + 1)
            yield self._relocation(row)

    def _relocation(self, row: int) -> Relocation:
        place, info, *addend = self._words[row * self._width : (row + 1) * self._width]
        kind = info & ((1 << self._kind_bits) - 1)
        return Relocation(place, kind, info >> self._kind_bits, addend[0] if addend else None)


class PackedPlaces:
    """The places of relative relocations in RELR form.

    The gABI's proposal: an even number is a place, an odd one the bitmap of
    the words that follow. Nothing is unpacked; a million places stay small.
    """

    def __init__(self, words: array[int]) -> None:
        """Index the table.

        Raises:
            BinaryError: Its places are not in order.
        """
        self._words = words
        self._size = words.itemsize
        self._heads = array("I", [index for index, word in enumerate(words) if not word & 1])
        self._places = array(words.typecode, map(words.__getitem__, self._heads))
        if list(self._places) != sorted(self._places) or (words and words[0] & 1):
            raise BinaryError("the packed relocations are damaged")

    @property
    def bounds(self) -> tuple[int, int]:
        """The first place and one that none lies behind; both 0 if there is none."""
        if not self._places:
            return (0, 0)
        bitmaps = len(self._words) - self._heads[-1] - 1
        return self._places[0], self._places[-1] + bitmaps * (self._size * 8 - 1) * self._size

    def __contains__(self, place: int) -> bool:
        run = bisect_right(self._places, place) - 1
        if run < 0:
            return False
        slot, odd = divmod(place - self._places[run], self._size)
        if slot == 0 or odd:
            return not odd
        bitmap, bit = divmod(slot - 1, self._size * 8 - 1)
        index = self._heads[run] + 1 + bitmap
        end = self._heads[run + 1] if run + 1 < len(self._heads) else len(self._words)
        return index < end and bool(self._words[index] >> (bit + 1) & 1)
