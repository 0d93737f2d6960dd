"""Wheels for unpacking, honest and hostile."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ungil.extensions.archive import ArchiveError
from ungil.extensions.unpacked import unpacked
from ungil.findings import printable


def member(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.filename = name  # as it is, also where the constructor would mend it
    info.external_attr = mode << 16
    return info


def wheel(folder: Path, *members: tuple[str | zipfile.ZipInfo, bytes], method: int = 8) -> Path:
    path = folder / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_files_lie_where_an_installer_puts_them(tmp_path):
    path = wheel(
        tmp_path,
        ("demo/__init__.py", b"1"),
        ("demo/empty/", b""),
        ("demo.libs/libbeside.so", b"2"),
        ("demo-1.0.data/platlib/demo/mod.so", b"3"),
        ("demo-1.0.data/purelib/demo/pure.py", b"4"),
        ("demo-1.0.data/scripts/demo", b"5"),
        ("demo-1.0.data/data/demo/mod.so", b"6"),
        ("demo-1.0.data/headers/demo.h", b"7"),
        ("demo/x.data/platlib/deep", b"8"),
        ("demo-1.0.dist-info/RECORD", b"9"),
    )
    with unpacked(path) as folder:
        assert content(folder) == {
            "demo/__init__.py": b"1",
            "demo.libs/libbeside.so": b"2",
            "demo/mod.so": b"3",
            "demo/pure.py": b"4",
            "demo/x.data/platlib/deep": b"8",
            "demo-1.0.dist-info/RECORD": b"9",
        }
    assert not folder.exists()


def test_the_folder_goes_away_after_a_failure(tmp_path):
    with pytest.raises(KeyError), unpacked(wheel(tmp_path, ("a.py", b""))) as folder:
        raise KeyError
    assert not folder.exists()


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "a/../../evil.py",
        "/evil.py",
        "a//evil.py",
        "./evil.py",
        "a\\..\\evil.py",
        "C:evil.py",
        "a.py:stream",
        "a\nb.py",
        "demo-1.0.data/platlib/../../evil.py",
        "demo-1.0.data/scripts/../../evil.py",
        "x" * 256,
        "é" * 128,
        "x/" * 600 + "x",
        "demo/NUL",
        "con.py",
    ],
)
def test_names_that_are_not_safe_are_refused(tmp_path, name):
    path = wheel(tmp_path, ("a.py", b""), (member(name), b"x"))
    with pytest.raises(ArchiveError, match="not safe everywhere") as caught, unpacked(path):
        pytest.fail("it was unpacked")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("mode", [0o120777, 0o020644, 0o010644, 0o060644, 0o140644])
def test_links_and_devices_are_refused(tmp_path, mode):
    path = wheel(tmp_path, (member("a.py", mode), b"/etc/passwd"))
    with pytest.raises(ArchiveError, match="no regular file"), unpacked(path):
        pytest.fail("it was unpacked")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.so", "a.so"),
        ("a.py", "a.py"),
        ("a.so", "demo-1.0.data/platlib/a.so"),
        ("a", "a/b"),
        ("a/b", "a"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_in_one_place_are_refused(tmp_path, one, other):
    path = wheel(tmp_path, (one, b"1"), (other, b"2"))
    with pytest.raises(ArchiveError, match=r"a second time|two different"), unpacked(path):
        pytest.fail("it was unpacked")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_file_twice_is_one(tmp_path):
    path = wheel(tmp_path, ("a.so", b"1"), ("a.so", b"1"), ("demo.data/platlib/a.so", b"1"))
    with unpacked(path) as folder:
        assert content(folder) == {"a.so": b"1"}


def test_more_than_the_room_is_refused(tmp_path):
    path = wheel(tmp_path, ("a.so", bytes(600)), ("b.so", bytes(400)))
    with unpacked(path, most_bytes=1000) as folder:
        assert len(content(folder)) == 2
    with pytest.raises(ArchiveError, match="more than 999 bytes"), unpacked(path, most_bytes=999):
        pytest.fail("it was unpacked")


def test_a_member_larger_than_it_says_is_damaged(tmp_path):
    path = wheel(tmp_path, ("a.py", bytes(100_000)))
    true, lie = struct.pack("<L", 100_000), struct.pack("<L", 10)
    path.write_bytes(path.read_bytes().replace(true, lie))
    with pytest.raises(ArchiveError, match="damaged"), unpacked(path, most_bytes=1000):
        pytest.fail("it was unpacked")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_is_refused(tmp_path, method):
    path = wheel(tmp_path, ("a.py", bytes(100)), method=method)
    with pytest.raises(ArchiveError, match="compressed"), unpacked(path):
        pytest.fail("it was unpacked")


def test_encryption_is_refused(tmp_path):
    path = wheel(tmp_path, ("a.py", bytes(100)))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="encrypted"), unpacked(path):
        pytest.fail("it was unpacked")


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18), bytes(1000)])
def test_what_is_no_archive(tmp_path, data):
    path = tmp_path / "demo.whl"
    path.write_bytes(data)
    if data.startswith(b"PK\x05\x06"):  # an empty archive is one
        with unpacked(path) as folder:
            assert not content(folder)
    else:
        with pytest.raises(ArchiveError, match="no sound zip"), unpacked(path):
            pytest.fail("it was unpacked")


def honest() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("demo/__init__.py", b"x" * 50)
        archive.writestr("demo-1.0.data/platlib/demo/mod.so", bytes(range(200)))
    return buffer.getvalue()


HONEST = honest()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(
        st.integers(0, len(HONEST) - 1), st.integers(0, 255), min_size=1, max_size=8
    ),
    cut=st.integers(0, len(HONEST)) | st.just(len(HONEST)),
)
def test_damage_is_refused_or_harmless(tmp_path, changes, cut):
    data = bytearray(HONEST)
    for place, byte in changes.items():
        data[place] = byte
    outside = tmp_path / "outside"
    outside.mkdir(exist_ok=True)
    path = outside / "demo.whl"
    path.write_bytes(data[:cut])
    refusal = None
    try:
        with unpacked(path) as folder:
            assert sum(map(len, content(folder).values())) <= len(HONEST) + 250
    except ArchiveError as error:
        refusal = str(error)
    assert refusal is None or refusal == printable(refusal)
    assert [entry.name for entry in outside.iterdir()] == ["demo.whl"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a name Windows does not have")
def test_a_missing_wheel_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError), unpacked(tmp_path / "none.whl"):
        pytest.fail("it was unpacked")
