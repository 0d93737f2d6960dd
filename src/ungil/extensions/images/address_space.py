"""What a loader maps from a file, read where it is needed."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from struct import Struct
from typing import Any, Literal

from ungil.extensions.images.image import Region
from ungil.extensions.model import BinaryError
from ungil.extensions.source import ByteSource

__all__ = ["AddressSpace", "Segment", "contains", "numbers", "record"]

# Linkers make a dozen; Windows refuses more than 96 sections.
_MOST_SEGMENTS = 256
_MOST_BYTES = 1 << 20
_MOST_HITS = 1 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the file and where it goes.

    Attributes:
        region: Where it is mapped, and how.
        offset: In the file, of its first byte.
        stored: How many of its bytes the file holds; the rest is zero.
    """

    region: Region
    offset: int
    stored: int

    @property
    def start(self) -> int:
        """The address of its first byte."""
        return self.region.address

    @property
    def end(self) -> int:
        """The address after its last byte."""
        return self.region.address + self.region.size

    def part(self, start: int, end: int) -> Segment | None:
        """What of it lies between two addresses; None if nothing does."""
        start, end = max(start, self.start), min(end, self.end)
        if start >= end:
            return None
        cut = start - self.start
        stored = min(max(self.stored - cut, 0), end - start)
        return Segment(
            replace(self.region, address=start, size=end - start), self.offset + cut, stored
        )


class AddressSpace:
    """The segments of an image; where they overlap the later one counts."""

    def __init__(self, source: ByteSource, segments: Sequence[Segment]) -> None:
        """Lay the segments out.

        Raises:
            BinaryError: The file ends before a segment does, or there are too many.
        """
        if len(segments) > _MOST_SEGMENTS:
            raise BinaryError(f"{len(segments):,} segments are too many")
        for segment in segments:
            if segment.stored and segment.offset + segment.stored > source.size:
                raise BinaryError("the file is cut short: a segment lies beyond its end")
        self._source = source
        self._segments = _laid_out([segment for segment in segments if segment.region.size > 0])
        self._starts = [segment.start for segment in self._segments]
        self.regions = tuple(segment.region for segment in self._segments)

    def bytes_at(self, address: int, size: int) -> bytes | None:
        """The bytes there; None unless all are mapped, or for more than 1 MiB."""
        return self._read(address, size) if 0 <= size <= _MOST_BYTES else None

    def table(self, address: int, size: int, name: str) -> bytes:
        """The bytes of a table.

        Raises:
            BinaryError: It is larger than the file, or not mapped. It is called `name`.
        """
        data = self._read(address, size) if 0 <= size <= self._source.size else None
        if data is None:
            raise BinaryError(f"{name} lies outside the file")
        return data

    def stored_from(self, address: int, size: int) -> bytes:
        """Up to `size` bytes, as far as the file holds them without a break."""
        segment = self._segment(address)
        if segment is None:
            return b""
        within = address - segment.start
        return self._source.read(segment.offset + within, min(size, segment.stored - within))

    def string(self, address: int) -> bytes | None:
        """The string that ends with a zero byte; None if there is none or it is very long."""
        for size in (128, 1 << 16):
            text, end, _ = self.stored_from(address, size).partition(b"\0")
            if end:
                return text
        return None

    def find(self, needle: bytes, start: int, end: int) -> Iterator[int]:
        """The places from `start` on and before `end` where the file holds `needle`.

        Raises:
            BinaryError: They are more than a million.
        """
        hits = 0
        for segment in self._segments:
            first = max(start, segment.start)
            last = min(end, segment.start + segment.stored)
            for chunk in range(first, last, _CHUNK):
                size = min(_CHUNK + len(needle) - 1, last - chunk)
                data = self._source.read(segment.offset + chunk - segment.start, size)
                position = data.find(needle)
                while position >= 0:
                    hits += 1
                    if hits > _MOST_HITS:
                        raise BinaryError("the file says the same thing absurdly often")
                    yield chunk + position
                    position = data.find(needle, position + 1)

    def _segment(self, address: int) -> Segment | None:
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self._segments[index].end:
            return None
        return self._segments[index]

    def _read(self, address: int, size: int) -> bytes | None:
        parts = []
        while size > 0:
            segment = self._segment(address)
            if segment is None:
                return None
            within = address - segment.start
            wanted = min(size, segment.region.size - within)
            stored = max(min(wanted, segment.stored - within), 0)
            data = self._source.read(segment.offset + within, stored)
            if len(data) != stored:
                raise BinaryError("the file is cut short")
            parts.append(data)
            if wanted > stored:
                parts.append(bytes(wanted - stored))
            address += wanted
            size -= wanted
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _laid_out(segments: Sequence[Segment]) -> list[Segment]:
    """The segments by address, without what later ones cover.

    A loader maps them in the file's order, each over what is there.
    """
    laid: list[Segment] = []
    for new in segments:
        parts = [
            part
            for old in laid
            for part in (old.part(old.start, new.start), old.part(new.end, old.end))
            if part is not None
        ]
        laid = [*parts, new]
    return sorted(laid, key=lambda segment: segment.start)


def record(layout: Struct, data: bytes, offset: int) -> tuple[Any, ...]:
    """The fields of the record there.

    Raises:
        BinaryError: The data end before it does.
    """
    if not 0 <= offset <= len(data) - layout.size:
        raise BinaryError("the file is cut short or its headers are damaged")
    return layout.unpack_from(data, offset)


def numbers(
    data: bytes, size: Literal[2, 4, 8], byte_order: Literal["little", "big"]
) -> array[int]:
    """The unsigned numbers of `size` bytes each that the data hold."""
    found = array({2: "H", 4: "I", 8: "Q"}[size])
    found.frombytes(data[: len(data) // size * size])
    if byte_order != sys.byteorder:
        found.byteswap()
    return found


def contains(ordered: Sequence[int], number: int) -> bool:
    """Is the number one of these, which are in order?"""
    index = bisect_left(ordered, number)
    return index < len(ordered) and ordered[index] == number
