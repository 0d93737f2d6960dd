"""Both ends of a deflated file are read as they are, from few compressed bytes."""

from __future__ import annotations

import functools
import itertools
import random
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ungil.extensions.deflated import FIRST, Deflated, Part
from ungil.extensions.model import BinaryError
from ungil.extensions.source import InMemory


class Counted:
    """Bytes that remember how many of them were read, and how often."""

    def __init__(self, data: bytes) -> None:
        self._source = InMemory(data)
        self.size = len(data)
        self.parts: list[tuple[int, int]] = []

    def read(self, offset: int, size: int) -> bytes:
        self.parts.append((offset, offset + size))
        return self._source.read(offset, size)

    @property
    def bytes_read(self) -> int:
        return sum(stop - start for start, stop in self.parts)


def raw_deflate(data: bytes, level: int = 6, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    deflater = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    return deflater.compress(data) + deflater.flush()


def code_like(seed: int, size: int) -> bytes:
    """Bytes that compress about as machine code does, to a half."""
    numbers = random.Random(seed)
    made = bytearray()
    while len(made) < size:
        # Words of its own for each part, for else some bytes were copied, by
        # way of copies, all the way from the beginning.
        words = [numbers.randbytes(numbers.randint(2, 9)) for _ in range(300)]
        for _ in range(20):
            made += b"".join(numbers.choices(words, k=60)) + numbers.randbytes(60)
    return bytes(made[:size])


def opened(data: bytes, compressed: bytes) -> tuple[Deflated, Counted]:
    source = Counted(compressed)
    return Deflated(source, len(data), zlib.crc32(data)), source


@functools.cache
def large() -> tuple[bytes, bytes]:
    data = code_like(1, 3_000_000)
    return data, raw_deflate(data)


def test_both_ends_of_a_large_file() -> None:
    data, compressed = large()
    source, counted = opened(data, compressed)
    assert source.size == len(data)
    assert counted.parts == []
    assert source.read(0, 64) == data[:64]
    assert counted.bytes_read == FIRST
    assert source.read(len(data) - 50_000, 40_000) == data[-50_000:-10_000]
    assert source.read(len(data) - 10, 100) == data[-10:]
    assert source.read(100_000, 10_000) == data[100_000:110_000]
    assert counted.bytes_read < len(compressed) / 4


def test_nothing_is_read_twice() -> None:
    data, compressed = large()
    source, counted = opened(data, compressed)
    numbers = random.Random(5)
    for _ in range(300):
        offset = numbers.randrange(len(data))
        assert source.read(offset, 500) == data[offset : offset + 500]
    parts = sorted(counted.parts)
    assert all(stop <= start for (_, stop), (start, _) in itertools.pairwise(parts))
    assert counted.bytes_read <= len(compressed)
    assert len(parts) < 40


def test_reads_outside_the_file_are_empty_or_short() -> None:
    data, compressed = large()
    source, counted = opened(data, compressed)
    assert source.read(len(data), 5) == b""
    assert source.read(-3, 5) == b""
    assert source.read(7, 0) == b""
    assert source.read(7, -1) == b""
    assert counted.parts == []
    assert source.read(len(data) - 3, 1 << 60) == data[-3:]


@pytest.mark.parametrize("level", range(10))
def test_every_level(level: int) -> None:
    data = code_like(2, 900_000)
    source, _ = opened(data, raw_deflate(data, level))
    assert source.read(850_000, 50_000) == data[850_000:]
    assert source.read(0, 20) == data[:20]
    assert source.read(300_000, 300_000) == data[300_000:600_000]
    assert source.read(0, len(data)) == data


@pytest.mark.parametrize("strategy", [zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED])
def test_every_strategy(strategy: int) -> None:
    data = code_like(3, 600_000)
    source, _ = opened(data, raw_deflate(data, strategy=strategy))
    assert source.read(590_000, 5_000) == data[590_000:595_000]
    assert source.read(0, len(data)) == data


PIECES = st.one_of(
    st.builds(
        lambda seed, size: random.Random(seed).randbytes(size),
        st.integers(),
        st.integers(0, 90_000),
    ),
    st.builds(code_like, st.integers(), st.integers(0, 250_000)),
    st.builds(
        lambda byte, size: bytes([byte]) * size, st.integers(0, 255), st.integers(0, 200_000)
    ),
    st.builds(lambda text, times: text * times, st.binary(max_size=40), st.integers(0, 4000)),
)
READS = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from([1, 16, 300, 5_000, 70_000])),
    min_size=1,
    max_size=12,
)


@settings(max_examples=120, deadline=None)
@given(st.lists(PIECES, max_size=6).map(b"".join), st.integers(0, 9), READS)
def test_what_is_read_is_what_was_written(
    data: bytes, level: int, reads: list[tuple[float, int]]
) -> None:
    compressed = raw_deflate(data, level)
    source, counted = opened(data, compressed)
    for place, size in reads:
        offset = int(place * len(data))
        assert source.read(offset, size) == data[offset : offset + size]
    assert counted.bytes_read <= len(compressed)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_stream_is_an_error_once_all_is_read(data: st.DataObject) -> None:
    whole = code_like(data.draw(st.integers(0, 3)), 400_000)
    damaged = bytearray(raw_deflate(whole))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, len(damaged))) :]
    source, _ = opened(whole, bytes(damaged))
    for place, size in data.draw(READS):
        with suppress(BinaryError):
            source.read(int(place * len(whole)), size)
    try:
        # Bits may change that mean nothing, those behind the end.
        assert source.read(0, len(whole)) == whole
    except BinaryError:
        with pytest.raises(BinaryError):
            source.read(0, 1)


@pytest.mark.parametrize("wrong", [-70_000, -1, 1, 70_000])
def test_another_size_than_declared(wrong: int) -> None:
    data = code_like(4, 500_000)
    source = Deflated(InMemory(raw_deflate(data)), len(data) + wrong, zlib.crc32(data))
    with pytest.raises(BinaryError, match="declared size"):
        source.read(0, len(data) + wrong)
    with pytest.raises(BinaryError, match="declared size"):
        source.read(0, 1)


def test_another_crc_than_declared() -> None:
    data = code_like(4, 10_000)
    source = Deflated(InMemory(raw_deflate(data)), len(data), zlib.crc32(data) ^ 1)
    with pytest.raises(BinaryError, match="CRC-32"):
        source.read(0, 1)


def test_bytes_behind_the_end_of_the_stream() -> None:
    data = code_like(4, 10_000)
    source = Deflated(InMemory(raw_deflate(data) + b"more"), len(data), zlib.crc32(data))
    with pytest.raises(BinaryError, match="declared size"):
        source.read(0, 1)


def test_a_stream_of_another_end_has_no_tail() -> None:
    # What stands behind the stream's end is no part of it, so a block found
    # before must not be taken for the file's end.
    data, compressed = large()
    source = Deflated(InMemory(compressed + bytes(9)), len(data), zlib.crc32(data))
    with pytest.raises(BinaryError):
        source.read(len(data) - 10, 10)


def test_a_huge_file_of_few_bytes_is_not_inflated_whole() -> None:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    million = bytes(1 << 20)
    compressed = b"".join(deflater.compress(million) for _ in range(600)) + deflater.flush()
    source = Deflated(InMemory(compressed), 600 << 20, 0)
    assert source.read(5, 5) == bytes(5)
    with pytest.raises(BinaryError, match="too much"):
        source.read(300 << 20, 5)


def stored_block(data: bytes) -> bytes:
    size = len(data)
    return b"\0" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data


def many_blocks(data: bytes) -> bytes:
    """Small blocks, and no end of the stream."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15, 3)
    return deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH)


def test_a_stored_block_may_hold_another_stream() -> None:
    _, inner = large()
    half = inner[: len(inner) // 2]
    stored = [stored_block(half[at : at + 65_535]) for at in range(0, len(half), 65_535)]
    data = half + code_like(9, 90_000)
    source, _ = opened(data, b"".join(stored) + raw_deflate(data[len(half) :]))
    numbers = random.Random(1)
    for _ in range(50):
        offset = numbers.randrange(len(data))
        assert source.read(offset, 100) == data[offset : offset + 100]
    assert source.read(0, len(data)) == data


def test_a_made_up_second_reading_is_found_out() -> None:
    # In a stored block there are blocks of something else, and they end where
    # it does. The first search from the end starts in the middle of them.
    false = many_blocks(code_like(12, 75_000))
    opening, ending = code_like(13, 900_000), code_like(11, 45_000)
    data = opening + false + ending
    compressed = many_blocks(opening) + stored_block(false) + raw_deflate(ending)
    assert zlib.decompress(compressed, -15) == data
    source, counted = opened(data, compressed)
    # Behind the false blocks everything is as it is from any start.
    assert source.read(len(data) - 1000, 1000) == data[-1000:]
    assert counted.bytes_read < len(compressed)
    with pytest.raises(BinaryError, match="two ways"):
        source.read(len(opening) - 10_000, 100)
    with pytest.raises(BinaryError, match="two ways"):
        source.read(0, 1)


def blocks_without_end(times: int) -> bytes:
    """Block after block of 1000 to 1, and then no stream any more."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    one = b"".join(
        deflater.compress(bytes(100) + b"ab" * 20 + bytes(60_000))
        + deflater.flush(zlib.Z_FULL_FLUSH)
        for _ in range(3)
    )
    return one * times + b"\7"


@pytest.mark.parametrize(
    "compressed",
    [
        blocks_without_end(2000),
        random.Random(6).randbytes(3_000_000),
        b"\x24\x49\x92" * 1_000_000,  # 100100... looks like a header at every third bit
        b"\xc6\x8e" * 1_000_000,  # and at every second byte like one that holds
    ],
    ids=["bombs", "noise", "headers", "whole headers"],
)
def test_a_search_that_cannot_succeed_ends(compressed: bytes) -> None:
    counted = Counted(compressed)
    source = Deflated(counted, len(compressed) * 1000, 0)
    with pytest.raises(BinaryError):
        source.read(source.size - 10, 10)
    assert counted.bytes_read <= len(compressed)


def test_a_part_of_a_file_that_ends_too_soon(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        part = Part(file, 4, 10, b"45")
        assert [part.read(0, 1), part.read(1, 3), part.read(3, 3)] == [b"4", b"567", b"789"]
        assert part.read(10, 1) == b""
        with pytest.raises(BinaryError, match="truncated"):
            part.read(5, 5)
