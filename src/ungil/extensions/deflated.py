"""Both ends of a deflated file, without what lies between them (RFC 1951).

What is read of a shared library is mostly its headers and symbols at its
beginning and its data at its end. The beginning is inflated from the start, as
far as it is needed. For the end, the last part of the compressed bytes is
searched for the start of a deflate block, as parallel decompressors do
(Kerbiriou and Chikhi, "Parallel decompression of gzip-compressed files and
random access to DNA sequences", 2019; Knespel and Brunst, "Rapidgzip", 2023).
Inflation from there lacks the 32 KiB before it that a block may copy from, so
it is done twice, with two different fillings of them: bytes that come out the
same both times do not depend on them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Protocol

from ungil.extensions.model import BinaryError
from ungil.extensions.source import ByteSource

__all__ = ["FIRST", "Deflated", "Part", "SeekableFile"]

FIRST = 64 << 10
"""Compressed bytes that are read at least at a time, as far as there are so many."""

_MOST = 4 << 20  # compressed bytes of one read
_HEAD_CAP = 256 << 20  # bytes that are inflated from the beginning, and kept
_TAIL_CAP = 64 << 20  # from the end, where three times as many are held

# Where a block starts, fewer bytes of the compressed end are of use: those
# before its start, and those whose bytes still depend on the unknown window.
_LOST = 40 << 10

_WINDOW = 32 << 10
_ZEROS = bytes(_WINDOW)
_ONES = b"\xff" * _WINDOW

# Work that may be done in vain in search of blocks, in bytes inflated; about
# three seconds. A stream can be made in which every search fails.
_EFFORT = 256 << 20
_SEGMENT = 16 << 10  # compressed bytes that are searched at a time
_SEGMENT_EFFORT = 4 << 20
_TRIAL_EFFORT = 16 << 10
_STEP = 1 << 20


class SeekableFile(Protocol):
    """As much of a binary file as is needed to read parts of it."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to where the next read shall start."""

    def tell(self) -> int:
        """Where that is."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all that are left if negative; fewer only at the end."""


class Part:
    """A part of a file, as a source of its own."""

    def __init__(self, file: SeekableFile, start: int, size: int, beginning: bytes = b"") -> None:
        """The `size` bytes from `start`, of which the first may be known."""
        self._file = file
        self._start = start
        self._beginning = beginning[:size]
        self.size = size

    def read(self, offset: int, size: int) -> bytes:
        """Bytes of the part.

        Whatever the file raises passes through: that a server does not answer
        says nothing about the file.

        Raises:
            BinaryError: The file ends before the part does.
        """
        size = min(size, self.size - offset)
        if offset < 0 or size <= 0:
            return b""
        known = self._beginning[offset : offset + size]
        missing = size - len(known)
        if missing == 0:
            return known
        self._file.seek(self._start + offset + len(known))
        data = self._file.read(missing)
        if len(data) != missing:
            raise BinaryError("the file is truncated")
        return known + data


class Deflated:
    """A file of which there is a deflate stream; inflated where it is read.

    For one thread at a time. Compressed bytes are read once. When all of them
    have been read, the CRC-32 is verified; until then the declared size is
    believed. A read goes from whichever end costs fewer compressed bytes.
    """

    def __init__(self, compressed: ByteSource, size: int, crc: int) -> None:
        """Nothing is read yet.

        Args:
            compressed: A raw deflate stream, and nothing behind it.
            size: Of the inflated file, in bytes.
            crc: Its CRC-32.
        """
        self.size = size
        self._compressed = compressed
        self._crc = crc
        self._head = _Head()
        self._tail = _Tail(compressed.size, size)
        self._failure = ""

    def read(self, offset: int, size: int) -> bytes:
        """A part of the inflated file.

        Raises:
            BinaryError: The stream is damaged, or not of the declared size or
                CRC-32; or the part lies more than 256 MiB from the beginning
                and cannot be had from the end.
        """
        end = min(offset + size, self.size)
        if offset < 0 or offset >= end:
            return b""
        if self._failure:
            raise BinaryError(self._failure)
        try:
            while (known := self._known(offset, end)) is None:
                self._read_more(offset, end)
        except BinaryError as error:
            # Its text only: its traceback would keep all of this alive.
            self._failure = str(error)
            raise
        return known

    def _known(self, offset: int, end: int) -> bytes | None:
        known = self._tail.known(offset, end)
        if known is not None:
            return known
        if end <= _HEAD_CAP:
            self._head.inflate(end)
        split = min(len(self._head.data), end)
        if split <= offset:
            return None
        rest = self._tail.known(split, end) if split < end else b""
        return None if rest is None else bytes(self._head.data[offset:split]) + rest

    def _read_more(self, offset: int, end: int) -> None:
        head, tail = self._head, self._tail
        gap = tail.start - head.taken
        from_head = end <= _HEAD_CAP
        from_tail = not tail.given_up and self.size - offset <= _TAIL_CAP
        if gap == 0 or not (from_head or from_tail):
            raise BinaryError("too much of it would have to be unpacked")
        # As if what is not known yet were evenly compressed.
        stop, origin = tail.anchor
        taken = self._compressed.size - tail.start
        density = (stop - head.taken) / max(1, origin - len(head.data))
        head_cost = (end - len(head.data)) * density
        # Behind `origin` it depends on an unknown window, and how much of that
        # will have to be known is anyone's guess.
        tail_cost = (origin - offset) * density + _LOST if offset < origin else taken / 4
        towards_head = from_head and (head_cost <= tail_cost or not from_tail)
        count = (
            _step(head_cost, head.taken // 4, gap)
            if towards_head
            else _step(tail_cost, taken // 4, gap)
        )
        if count == gap and self.size <= _HEAD_CAP:
            head.take(self._compressed.read(head.taken, gap))
            self._complete()
        elif towards_head:
            head.take(self._compressed.read(head.taken, count))
        else:
            tail.take(self._compressed.read(tail.start - count, count))

    def _complete(self) -> None:
        """All compressed bytes are there."""
        head = self._head
        head.take(self._tail.data)
        self._tail = _Tail(self._compressed.size, self.size)
        head.inflate(self.size + 1)
        if len(head.data) != self.size or not head.ended:
            raise BinaryError("it does not unpack to its declared size")
        if zlib.crc32(head.data) != self._crc:
            raise BinaryError("its CRC-32 is not the declared one")


def _step(cost: float, least: int, gap: int) -> int:
    """How many compressed bytes to read next; all if few would be left."""
    count = min(max(int(cost), least, FIRST), _MOST)
    return gap if gap - count < FIRST // 2 else count


class _Head:
    """The beginning of a file, inflated from the start of the stream."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.taken = 0  # compressed bytes
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._pending = b""

    @property
    def ended(self) -> bool:
        """Does the stream end where the bytes taken do?"""
        return self._inflater.eof and not self._inflater.unused_data and not self._pending

    def take(self, compressed: bytes) -> None:
        """The next compressed bytes; not inflated yet."""
        self.taken += len(compressed)
        self._pending += compressed

    def inflate(self, end: int) -> None:
        """As far as `end`, or as the bytes taken and the cap allow."""
        end = min(end, _HEAD_CAP + 1)
        while len(self.data) < end and not self._inflater.eof:
            # No less than 64 KiB, so that the pending bytes are not copied for
            # each few that are asked for; no more, for the sake of memory.
            room = min(max(end - len(self.data), _WINDOW * 2), _HEAD_CAP + 1 - len(self.data))
            try:
                more = self._inflater.decompress(self._pending, room)
            except zlib.error:
                raise BinaryError("its compressed bytes are damaged") from None
            self._pending = self._inflater.unconsumed_tail
            if not more:
                break
            self.data += more


class _Tail:
    """The end of a file, inflated from a block in the stream's last part.

    Attributes:
        data: The compressed bytes taken.
        start: Where they start in the stream.
        given_up: Has the search failed for good?
    """

    def __init__(self, compressed_size: int, size: int) -> None:
        self._size = size
        self.data = b""
        self.start = compressed_size
        self.given_up = False
        self._piece = b""
        self._unknown = b""  # 0xff for each byte that depends on the window
        self._block = compressed_size
        self._effort = _EFFORT

    @property
    def anchor(self) -> tuple[int, int]:
        """Where the first block known starts, in the stream and in the file."""
        return self._block, self._size - len(self._piece)

    def known(self, offset: int, end: int) -> bytes | None:
        """A part of the file; None if it is not known."""
        origin = self._size - len(self._piece)
        if offset < origin or self._unknown.find(0xFF, offset - origin, end - origin) >= 0:
            return None
        return self._piece[offset - origin : end - origin]

    def take(self, before: bytes) -> None:
        """The compressed bytes before those taken; find a block that starts in them.

        Raises:
            BinaryError: What that block says contradicts what is known.
        """
        self.data = before + self.data
        self.start -= len(before)
        for bit in self._plausible(len(before)):
            piece = self._inflated(bit, _ZEROS)
            if piece is not None and len(piece) >= len(self._piece):
                self._settle(bit, piece)
                return

    def _plausible(self, stop: int) -> Iterator[int]:
        for start in range(0, stop, _SEGMENT):
            self._effort -= _SEGMENT_EFFORT
            for bit in _block_starts(self.data, start, min(start + _SEGMENT, stop)):
                self._effort -= _TRIAL_EFFORT
                if self._effort > 0 and _begins(self.data, bit):
                    yield bit
            if self._effort <= 0:
                self.given_up = True
                return

    def _inflated(self, bit: int, window: bytes) -> bytes | None:
        """From that bit to the end of the stream, which must be that of the file."""
        stream = _from_bit(self.data, bit, len(self.data))
        inflater = zlib.decompressobj(-zlib.MAX_WBITS, zdict=window)
        piece = bytearray()
        cap = min(self._size, _TAIL_CAP)
        # In steps, for what an attempt that fails has cost must be known.
        while not inflater.eof and len(piece) <= cap:
            try:
                more = inflater.decompress(stream, _STEP)
            except zlib.error:
                break
            if not more and not inflater.eof:
                break
            piece += more
            stream = inflater.unconsumed_tail
        # Shifted bits may leave a last byte of nothing but padding.
        if inflater.eof and len(inflater.unused_data) <= (bit % 8 > 0) and len(piece) <= cap:
            return bytes(piece)
        self._effort -= len(piece) + _STEP
        return None

    def _settle(self, bit: int, piece: bytes) -> None:
        other = self._inflated(bit, _ONES)
        if other is None:  # It inflated a moment ago: the window changes bytes, not lengths.
            raise BinaryError("its compressed bytes are damaged")
        length = len(self._piece)
        # A false start in the middle of a block that still meets its end
        # exactly does not happen by chance, but can be made. Unknown bytes are
        # 00 in one and ff in the other, so they mask themselves.
        differing = _number(self._piece) ^ _number(piece[len(piece) - length :])
        if differing & ~_number(self._unknown):
            raise BinaryError("its compressed bytes can be read in two ways")
        self._unknown = (_number(piece) ^ _number(other)).to_bytes(len(piece), "little")
        self._piece = piece
        self._block = self.start + bit // 8


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _from_bit(data: bytes, bit: int, stop: int) -> bytes:
    """The bits from `bit` to byte `stop`; deflate fills bytes from their lowest bit."""
    part = data[bit // 8 : stop]
    return (_number(part) >> bit % 8).to_bytes(len(part), "little") if bit % 8 else part


def _begins(data: bytes, bit: int) -> bool:
    """Does zlib accept the first KiB of a block there?"""
    start = _from_bit(data, bit, bit // 8 + 1024)
    try:
        zlib.decompressobj(-zlib.MAX_WBITS, zdict=_ZEROS).decompress(start, _WINDOW)
    except zlib.error:
        return False
    return True


# RFC 1951, 3.2.7: a block with codes of its own starts with BFINAL (1 bit),
# BTYPE (2 bits, 2), HLIT (5 bits, at most 29), HDIST (5 bits, at most 29),
# HCLEN (4 bits), and HCLEN + 4 lengths (3 bits each) of the code that the codes
# are written in, which must use up all of its space. Only such a block is
# looked for, and not the last one: there are few of the other kinds, and with
# so little to go by they would be found everywhere.
_HEADER = 10  # bytes that these fields touch at most
_FIRST_BYTES = bytes(hlit << 3 | 2 << 1 for hlit in range(30))
_SECOND_BYTES = bytes(hclen << 5 | hdist for hclen in range(8) for hdist in range(30))
_START = re.compile(b"[%b](?=[%b])" % (re.escape(_FIRST_BYTES), re.escape(_SECOND_BYTES)))

# What four lengths take of the code's space, which is 128.
_SPACE = [
    sum(128 >> length for shift in (0, 3, 6, 9) if (length := four >> shift & 7))
    for four in range(1 << 12)
]
_LENGTHS = [(1 << 3 * (hclen + 4)) - 1 for hclen in range(16)]


def _block_starts(data: bytes, start: int, stop: int) -> list[int]:
    """The bits between two bytes at which a block may start, in order.

    Every bit must be looked at. So the bytes are shifted by 0 to 7 bits, and a
    regular expression finds the few places that deserve Python's attention.
    """
    part = data[start : stop + _HEADER]
    bits = _number(part)
    found = []
    for shift in range(8):
        shifted = (bits >> shift).to_bytes(len(part), "little")
        for match in _START.finditer(shifted):
            place = match.start()
            fields = _number(shifted[place + 1 : place + _HEADER])
            lengths = fields >> 9 & _LENGTHS[fields >> 5 & 15]
            space = (
                _SPACE[lengths & 4095]
                + _SPACE[lengths >> 12 & 4095]
                + _SPACE[lengths >> 24 & 4095]
                + _SPACE[lengths >> 36 & 4095]
                + _SPACE[lengths >> 48]
            )
            if space == 128 and place < stop - start:
                found.append((start + place) * 8 + shift)
    return sorted(found)
