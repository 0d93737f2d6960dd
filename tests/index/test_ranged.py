"""A remote file is read as if it were here, in few requests."""

from __future__ import annotations

import io
import random
import zipfile
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opener import Opener

from loopback import LoopbackIndex, wheel
from ungil.index import PackageIndexError
from ungil.index.metadata import BrokenFileError, read_wheel
from ungil.index.ranged import RangesUnsupportedError, RemoteFile
from ungil.index.transport import Transport

CONTENT = random.Random(7).randbytes(700_000)


@pytest.fixture
def transport(opened: Opener) -> Transport:
    return opened()._transport


def test_any_part_can_be_read(server: LoopbackIndex, transport: Transport) -> None:
    url = server.root + server.add("x", "x.bin", CONTENT)
    numbers = random.Random(3)
    with RemoteFile(transport, url, "x", None) as remote:
        local = io.BytesIO(CONTENT)
        assert remote.size == len(CONTENT)
        assert (remote.readable(), remote.seekable()) == (True, True)
        for _ in range(200):
            offset = numbers.randrange(len(CONTENT) + 10)
            size = numbers.choice([0, 1, 30, 5000, 70_000])
            assert remote.seek(offset) == local.seek(offset)
            assert remote.read(size) == local.read(size)
            assert remote.tell() == local.tell()
        remote.seek(-3, io.SEEK_END)
        remote.seek(1, io.SEEK_CUR)
        assert remote.readall() == CONTENT[-2:]
        assert remote.read(5) == b""
        with pytest.raises(ValueError, match="negative"):
            remote.seek(-1)


def test_a_known_part_is_not_asked_again(server: LoopbackIndex, transport: Transport) -> None:
    path = server.add("x", "x.bin", CONTENT)
    with RemoteFile(transport, server.root + path, "x", len(CONTENT)) as remote:
        remote.seek(-40_000, io.SEEK_END)
        remote.read()
        assert server.requests[path] == 1
        remote.prefetch(1000, 200_000)
        for offset in range(1000, 200_000, 5000):
            remote.seek(offset)
            assert remote.read(100) == CONTENT[offset : offset + 100]
        assert server.requests[path] == 2
        assert server.ranges == [f"bytes={700_000 - 49_152}-699999", "bytes=1000-200999"]


def test_a_zip_archive_through_it(server: LoopbackIndex, transport: Transport) -> None:
    members = {f"spam/{n}.so": random.Random(n).randbytes(20_000) for n in range(20)}
    url = server.root + server.add("x", "x.whl", wheel("x", "1", members=members))
    remote = RemoteFile(transport, url, "x", None)
    with zipfile.ZipFile(remote) as archive:
        for name, data in members.items():
            assert archive.read(name) == data


def test_a_small_file_may_come_whole(server: LoopbackIndex, transport: Transport) -> None:
    path = server.add("x", "x.bin", CONTENT[:1000])
    server.fail(path, "no-ranges")
    with RemoteFile(transport, server.root + path, "x", None) as remote:
        assert remote.read() == CONTENT[:1000]
    assert server.requests[path] == 1


def test_a_large_file_may_not(server: LoopbackIndex, transport: Transport) -> None:
    path = server.add("x", "x.bin", CONTENT)
    server.fail(path, "no-ranges")
    with pytest.raises(RangesUnsupportedError):
        RemoteFile(transport, server.root + path, "x", None)


@pytest.mark.parametrize("headers", [{}, {"Content-Range": "bytes */7"}, {"Content-Range": "x"}])
def test_a_part_that_does_not_say_which(
    server: LoopbackIndex, transport: Transport, headers: dict[str, str]
) -> None:
    path = server.add("x", "x.bin", CONTENT)
    server.fail(path, "206", headers=headers)
    with pytest.raises(PackageIndexError, match="which part"):
        RemoteFile(transport, server.root + path, "x", None)


def test_a_part_that_cannot_be(server: LoopbackIndex, transport: Transport) -> None:
    path = server.add("x", "x.bin", CONTENT)
    server.fail(path, "206", headers={"Content-Range": "bytes 5-9/7"})
    with pytest.raises(PackageIndexError, match="contradicts itself"):
        RemoteFile(transport, server.root + path, "x", None)


def test_a_table_of_absurd_size_is_not_fetched(server: LoopbackIndex, transport: Transport) -> None:
    # The record at the archive's end: a table of 60 MB, starting at 0.
    size = 60_000_000
    end = b"PK\5\6" + bytes(4) + b"\xff\x7f" * 2 + size.to_bytes(4, "little") + bytes(6)
    url = server.root + server.add("x", "x.whl", bytes(size) + end)
    with (
        RemoteFile(transport, url, "x", None) as remote,
        pytest.raises(PackageIndexError, match="one part of it would be 60,000,000 bytes"),
    ):
        read_wheel(remote, "x")
    assert server.bytes_sent < 100_000


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mutated_wheels(server: LoopbackIndex, transport: Transport, data: st.DataObject) -> None:
    mutated = bytearray(wheel("x", "1", members={"a": CONTENT[:60_000]}))
    for _ in range(data.draw(st.integers(1, 5))):
        # Where the tables and the headers are, not the bulk.
        mutated[-data.draw(st.integers(1, 600))] = data.draw(st.integers(0, 255))
    url = server.root + server.add("x", "x.whl", bytes(mutated))
    with (
        suppress(BrokenFileError, PackageIndexError),
        RemoteFile(transport, url, "x", len(mutated)) as remote,
    ):
        read_wheel(remote, "x")
