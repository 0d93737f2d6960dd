"""The compiled members of a wheel: read in parts, or refused."""

from __future__ import annotations

import io
import random
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopback import LoopbackIndex
from ungil.extensions.archive import Archive, ArchiveError
from ungil.extensions.model import BinaryError
from ungil.index import IndexSettings, PackageIndex, PackageIndexError
from ungil.index.ranged import RemoteFile

HEADER, ENTRY, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def noise(seed: int, size: int) -> bytes:
    """Bytes that compress to five eighths."""
    return random.Random(seed).randbytes(size).translate(bytes(b & 0x1F for b in range(256)))


def packed(
    *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def opened(content: bytes) -> Archive:
    return Archive(io.BytesIO(content))


def changed(content: bytes, signature: bytes, offset: int, form: str, *values: int) -> bytes:
    """With other fields in the first record of a kind; offsets as in the APPNOTE."""
    made = bytearray(content)
    struct.pack_into("<" + form, made, content.index(signature) + offset, *values)
    return bytes(made)


class Unseekable(io.BytesIO):
    """A streamed archive: sizes follow the data."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_: int) -> int:
        raise OSError


def test_members_that_might_be_imported() -> None:
    names = [
        "spam/a.cpython-314t-x86_64-linux-gnu.so",
        "spam/b.cp314t-win_amd64.pyd",
        "spam/c.abi3.so",
        "d.so",
        "spam-1.0.data/platlib/e.so",
    ]
    others = ["spam/x.py", "spam.libs/libx.so.1", "x.dll", "x.dylib", "x.SO", "so", "spam.so/"]
    content = packed(*((name, name.encode()) for name in names + others))
    archive = opened(content)
    assert [member.path for member in archive.members] == names
    with zipfile.ZipFile(io.BytesIO(content)) as expected:
        for member in archive.members:
            entry = expected.getinfo(member.path)
            assert member.size == entry.file_size
            assert (member.compressed_size, member.crc) == (entry.compress_size, entry.CRC)
            assert member.open().read(0, 1000) == member.path.encode()


def test_an_archive_without_any() -> None:
    assert opened(packed(("spam.py", b""))).members == ()
    assert opened(packed()).members == ()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\n"])
def test_contents(method: int, before: bytes) -> None:
    data = noise(1, 400_000)
    content = before + packed(("a.so", data), ("b.py", data), ("c.so", b""), method=method)
    large, empty = opened(content).members
    source = large.open()
    assert source.size == len(data)
    assert source.read(399_000, 5_000) == data[399_000:]
    assert source.read(100, 100) == data[100:200]
    assert source.read(0, len(data)) == data
    assert empty.open().read(0, 10) == b""


def test_an_archive_whose_sizes_follow_the_data() -> None:
    file = Unseekable()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.so", noise(2, 90_000))
    (member,) = opened(file.getvalue()).members
    assert member.open().read(0, 90_000) == noise(2, 90_000)


def test_an_archive_in_the_large_format() -> None:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("ä.so", "w", force_zip64=True) as member,
    ):
        member.write(noise(3, 90_000))
    (found,) = opened(file.getvalue()).members
    assert found.path == "ä.so"
    assert found.open().read(50_000, 10) == noise(3, 90_000)[50_000:50_010]


def test_the_modules_of_this_python() -> None:
    found = Path(sys.base_prefix).rglob("*.pyd" if sys.platform == "win32" else "*.so")
    sizes = {path: path.stat().st_size for path in found if path.is_file()}
    paths = sorted((p for p in sizes if sizes[p] < 2_000_000), key=lambda p: sizes[p])[-5:]
    content = packed(*((path.name, path.read_bytes()) for path in paths))
    numbers = random.Random(4)
    for path, member in zip(paths, opened(content).members, strict=True):
        data, source = path.read_bytes(), member.open()
        ends = [0, max(0, len(data) - 30_000)]
        for offset in ends + [numbers.randrange(len(data)) for _ in range(20)]:
            assert source.read(offset, 30_000) == data[offset : offset + 30_000]


def test_another_method_is_not_read() -> None:
    (member,) = opened(packed(("a.so", b"x" * 100), method=zipfile.ZIP_BZIP2)).members
    with pytest.raises(BinaryError, match="method 12"):
        member.open()


# What is refused

A_WHEEL = packed(("spam.so", noise(5, 3000)), ("eggs.py", b"pass\n" * 50))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"\x7fELF" + bytes(1000),
        A_WHEEL[:-1],
        A_WHEEL[:-30],
        A_WHEEL[: len(A_WHEEL) // 2],
        A_WHEEL[2000:],
        # The end record with a directory that would start before the file.
        changed(A_WHEEL, END, 12, "I", 1 << 30),
        changed(A_WHEEL, END, 16, "I", 1 << 30),
        # Entries of a version to come, and with a name that is no UTF-8.
        changed(A_WHEEL, ENTRY, 6, "H", 99),
        changed(changed(A_WHEEL, ENTRY, 8, "H", 1 << 11), ENTRY, 46, "B", 0xFF),
        # Sizes that only a record that is missing says.
        changed(A_WHEEL, ENTRY, 20, "2I", 0xFFFFFFFF, 0xFFFFFFFF),
    ],
)
def test_no_zip_archive(content: bytes) -> None:
    with pytest.raises(ArchiveError) as caught:
        opened(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "../spam.so",
        "spam/../../eggs.so",
        "spam/./eggs.so",
        "/spam.so",
        "//host/spam.so",
        "spam//eggs.so",
        "C:spam.so",
        "C:/spam.so",
        "spam\\eggs.so",
        "..\\spam.so",
        "spam.so:eggs.so",
        "spam\n.so",
        "spam.so\0.txt",
    ],
)
def test_unsafe_names(name: str) -> None:
    stand_in = "".join(c if c.isalnum() or c == "." else "_" for c in name)
    content = packed((stand_in, b"content")).replace(stand_in.encode(), name.encode())
    with pytest.raises(ArchiveError, match="unsafe name"):
        opened(content)


def test_another_name_in_an_extra_field() -> None:
    # Info-ZIP's Unicode path, which zipfile follows from Python 3.13 on.
    entry = zipfile.ZipInfo("spam.txt")
    name = b"\1" + zipfile.crc32(b"spam.txt").to_bytes(4, "little") + b"spam.so"
    entry.extra = struct.pack("<2H", 0x7075, len(name)) + name
    content = packed((entry, b"content"))
    with suppress(ArchiveError):
        assert opened(content).members == ()


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o010666, 0o040755])
def test_links_and_devices(mode: int) -> None:
    entry = zipfile.ZipInfo("spam.so")
    entry.external_attr = mode << 16
    with pytest.raises(ArchiveError, match="link"):
        opened(packed((entry, b"../../eggs.so")))


@pytest.mark.parametrize("flag", [1, 1 << 6, 1 << 13])
def test_encrypted_members(flag: int) -> None:
    with pytest.raises(ArchiveError, match="encrypted"):
        opened(changed(A_WHEEL, ENTRY, 8, "H", flag))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice() -> None:
    twice = packed(("spam.so", b"one"), ("spam.so", b"one"))
    assert len(opened(twice).members) == 1
    with pytest.raises(ArchiveError, match=r"two different spam\.so"):
        opened(packed(("spam.so", b"one"), ("spam.so", b"two")))


@pytest.mark.parametrize(
    ("method", "size"), [(8, 5 << 30), (8, 0xFFFFFFF0), (8, 4_000_000), (0, 4000), (0, 10)]
)
def test_impossible_sizes(method: int, size: int) -> None:
    content = packed(("spam.so", noise(5, 3000)), method=method)
    (compressed,) = struct.unpack_from("<I", content, content.index(ENTRY) + 20)
    if size < 1 << 32:
        content = changed(content, ENTRY, 24, "I", size)
    else:
        extra = struct.pack("<2HQ", 1, 8, size)
        content = changed(content, ENTRY, 24, "I2H", 0xFFFFFFFF, 7, len(extra))
        at = content.index(ENTRY) + 46 + 7
        content = content[:at] + extra + content[at:]
        content = changed(content, END, 12, "I", 46 + 7 + len(extra))
    with pytest.raises(ArchiveError, match=f"from {compressed:,} bytes to {size:,}"):
        opened(content)


def test_overlapping_members() -> None:
    # Fifield, "A better zip bomb" (2019): many entries share one kernel.
    first = packed(("a.so", noise(6, 3000)))
    directory = first.index(ENTRY)
    entry, end = first[directory : first.index(END)], first[first.index(END) :]
    more = b"".join(entry.replace(b"a.so", b"%c.so" % name) for name in b"abcd")
    content = first[:directory] + more + end
    content = changed(content, END, 8, "2HI", 4, 4, len(more))
    with pytest.raises(ArchiveError, match="overlap"):
        opened(content)


def test_a_member_within_another() -> None:
    inner = packed(("b.so", noise(7, 500)), method=zipfile.ZIP_STORED)
    content = packed(("a.txt", inner), ("b.so", noise(8, 500)), method=zipfile.ZIP_STORED)
    entries = content.rindex(ENTRY)
    made = bytearray(content)
    struct.pack_into("<I", made, entries + 42, 30 + len("a.txt"))  # where it starts
    with pytest.raises(ArchiveError, match="overlap"):
        opened(bytes(made))


@pytest.mark.parametrize(
    ("offset", "form", "value"),
    [
        (0, "I", 0),  # signature
        (6, "H", 1),  # encrypted
        (6, "H", 8),  # sizes follow
        (8, "H", 0),  # stored
        (14, "I", 1),  # CRC-32
        (18, "I", 100),  # compressed size
        (22, "I", 100),  # size
        (26, "H", 6),  # length of the name
        (28, "H", 60_000),  # of the extra field
        (30, "B", ord("x")),  # name
    ],
)
def test_a_header_that_contradicts_the_directory(offset: int, form: str, value: int) -> None:
    (member,) = opened(changed(A_WHEEL, HEADER, offset, form, value)).members
    with pytest.raises(ArchiveError, match=r"spam\.so contradicts"):
        member.open()


def test_a_file_that_shrinks() -> None:
    file = io.BytesIO(A_WHEEL)
    (member,) = Archive(file).members
    file.truncate(10)
    with pytest.raises(ArchiveError, match="truncated"):
        member.open()


def test_a_directory_of_absurd_size() -> None:
    entry = ENTRY + bytes(42)
    count = (9 << 20) // len(entry)
    directory = entry * count
    content = directory + END + struct.pack("<4H2IH", 0, 0, 0, 0, len(directory), 0, 0)
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match="directory would be"):
            opened(content)
        assert tracemalloc.get_traced_memory()[1] < len(content) + (2 << 20)
    finally:
        tracemalloc.stop()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_archives(data: st.DataObject) -> None:
    whole = noise(9, 20_000)
    mutated = bytearray(packed(("a.so", whole), ("b/c.so", whole[:500]), ("d.py", b"pass")))
    tables = mutated.index(ENTRY)
    places = st.one_of(st.integers(0, 40), st.integers(tables, len(mutated) - 1))
    for _ in range(data.draw(st.integers(1, 5))):
        mutated[data.draw(places)] = data.draw(st.integers(0, 255))
    with suppress(BinaryError):
        for member in opened(bytes(mutated)).members:
            source = member.open()
            read = source.read(0, 1 << 20)
            if member.path == "a.so" and source.size == len(whole):
                assert read == whole


# From far away


@contextmanager
def served(content: bytes, cache: Path) -> Iterator[Callable[[], tuple[RemoteFile, LoopbackIndex]]]:
    with (
        LoopbackIndex(recorded=False) as server,
        PackageIndex(IndexSettings((), cache_dir=cache, timeout=5.0)) as index,
    ):
        url = server.root + server.add("x", "x-1-py3-none-any.whl", content)
        yield lambda: (RemoteFile(index._transport, url, "x", len(content)), server)


def test_both_ends_of_a_remote_module(tmp_path: Path) -> None:
    data = noise(10, 3_000_000)
    content = packed(("a.py", noise(11, 300_000)), ("a.so", data), ("b.py", noise(12, 300_000)))
    with served(content, tmp_path) as connect:
        file, server = connect()
        (member,) = Archive(file).members
        source = member.open()
        assert source.read(0, 30_000) == data[:30_000]
        assert source.read(len(data) - 30_000, 20_000) == data[-30_000:-10_000]
        assert source.read(len(data) - 5_000, 4_000) == data[-5_000:-1_000]
        assert server.total <= 4
        assert file.fetched < len(content) / 8


def test_small_neighbours_come_together(tmp_path: Path) -> None:
    members = [(f"{n}.so", noise(n, 3_000)) for n in range(20)]
    content = packed(("a.py", noise(30, 90_000)), *members, ("b.py", noise(31, 90_000)))
    with served(content, tmp_path) as connect:
        file, server = connect()
        for member, (_, data) in zip(Archive(file).members, members, strict=True):
            assert member.open().read(0, 3_000) == data
        assert server.total == 2


def test_a_server_that_goes_away_is_no_broken_archive(tmp_path: Path) -> None:
    content = packed(("a.so", noise(10, 300_000)), ("b.py", noise(12, 300_000)))
    with served(content, tmp_path) as connect:
        file, server = connect()
        (member,) = Archive(file).members
        server.fail("/files/", "404")
        with pytest.raises(PackageIndexError):
            member.open()
        server.heal()
        assert member.open().read(0, 10) == noise(10, 300_000)[:10]
