"""Wheels at hand."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from project_support import put, refusal, select

from ungil.project import LocalWheel

METADATA = """\
Metadata-Version: 2.4
Name: Fast_Thing
Version: 1.0
Requires-Python: >=3.11
Classifier: Programming Language :: Python :: Free Threading :: 3 - Stable
Classifier: Programming Language :: Python
Requires-Dist: numpy

A description: with Name: Another
"""
NAME = "fast_thing-1.0-cp314-cp314t-manylinux_2_28_x86_64.whl"


def wheel(
    metadata: str | bytes = METADATA,
    folder: str = "fast_thing-1.0.dist-info",
    compression: int = zipfile.ZIP_DEFLATED,
    more: Mapping[str, str] = {},
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("fast_thing/__init__.py", "")
        archive.writestr(f"{folder}/METADATA", metadata)
        for name, text in more.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def read_one(folder: Path, content: bytes, name: str = NAME) -> LocalWheel:
    (found,) = select(put(folder, {name: content}), name).wheels
    return found


def test_a_sound_wheel(tmp_path: Path) -> None:
    assert read_one(tmp_path, wheel()) == LocalWheel(
        NAME,
        "fast-thing",
        "1.0",
        "cp314-cp314t-manylinux_2_28_x86_64",
        ">=3.11",
        (
            "Programming Language :: Python :: Free Threading :: 3 - Stable",
            "Programming Language :: Python",
        ),
    )


def test_build_numbers_and_compressed_tags(tmp_path: Path) -> None:
    found = read_one(tmp_path, wheel(), "fast_thing-1.0-7-py2.py3-none-any.whl")
    assert (found.tag, found.problem) == ("py2.py3-none-any", "")


def test_a_directory_of_wheels_notes_sdists(tmp_path: Path) -> None:
    other = wheel(METADATA.replace("Fast_Thing", "other"), "other-1.0.dist-info")
    put(
        tmp_path,
        {
            f"dist/{NAME}": wheel(),
            "dist/other-1.0-py3-none-any.whl": other,
            "dist/fast_thing-1.0.tar.gz": b"",
            "dist/notes.md": "",
        },
    )
    selection = select(tmp_path, "dist")
    assert [(w.path, w.problem) for w in selection.wheels] == [
        (f"dist/{NAME}", ""),
        ("dist/other-1.0-py3-none-any.whl", ""),
    ]
    (note,) = selection.notes
    assert note.startswith("dist/fast_thing-1.0.tar.gz is an sdist")
    assert "it has none" in refusal(tmp_path, "dist", extras=("x",))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a readable wheel"),
        (b"not a zip at all", "not a readable wheel"),
        (wheel()[:-30], "not a readable wheel"),
        (wheel()[:100], "not a readable wheel"),
        (wheel(folder="other-1.0.dist-info"), "directory is that of other-1.0"),
        (wheel(folder="fast_thing-1.1.dist-info"), "directory is that of fast_thing-1.1"),
        (wheel(folder="fast_thing.dist-info"), "directory is that of fast_thing"),
        (wheel(folder="fast_thing-x.dist-info"), "directory is that of fast_thing-x"),
        (wheel(folder="sub/fast_thing-1.0.dist-info"), "no .dist-info/METADATA"),
        (wheel(more={"b-1.dist-info/METADATA": ""}), "several .dist-info/METADATA"),
        (wheel(METADATA.replace("Fast_Thing", "Other")), "metadata says Other 1.0"),
        (wheel(METADATA.replace("1.0", "2.0")), "metadata says Fast_Thing 2.0"),
        (wheel(METADATA.replace("1.0", "9" * 5000)), "metadata says"),
        (wheel(""), "no name or no version"),
        (wheel(b"\xff\xfe\x00"), "no name or no version"),
        (wheel(METADATA + "x" * 5 * 2**20), "larger than 4 MiB"),
        (wheel(compression=zipfile.ZIP_LZMA), "compressed in a way"),
    ],
)
def test_problems(tmp_path: Path, content: bytes, said: str) -> None:
    found = read_one(tmp_path, content)
    assert said in found.problem
    assert found.problem.isprintable()
    assert (found.name, found.version) == ("fast-thing", "1.0")


@pytest.mark.parametrize(
    "name", ["fast.whl", "a-b-c-d.whl", "fast_thing-x-py3-none-any.whl", "-1-py3-none-any.whl"]
)
def test_names_that_are_no_wheel_names(tmp_path: Path, name: str) -> None:
    found = read_one(tmp_path, wheel(), name)
    assert found.problem.startswith("Its name is not that of a wheel")
    assert (found.name, found.version, found.tag) == (name, None, "")


def test_a_directory_of_files_that_claims_to_be_huge(tmp_path: Path) -> None:
    content = bytearray(wheel())
    end = content.rfind(b"PK\5\6")
    struct.pack_into("<L", content, end + 12, 2**31)
    assert "absurdly large" in read_one(tmp_path, bytes(content)).problem


def test_a_checksum_that_does_not_fit(tmp_path: Path) -> None:
    content = wheel(compression=zipfile.ZIP_STORED).replace(b"Stable", b"Stabel")
    assert "CRC" in read_one(tmp_path, content).problem


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    content = wheel(b"\0" * 200 * 2**20)
    assert len(content) < 2**20
    assert "larger than 4 MiB" in read_one(tmp_path, content).problem


def test_an_encrypted_entry(tmp_path: Path) -> None:
    content = bytearray(wheel())
    start = content.rfind(b"PK\1\2", 0, content.rfind(b"METADATA"))
    content[start + 8] |= 1
    assert "encrypted" in read_one(tmp_path, bytes(content)).problem


def test_every_truncation_is_a_problem(tmp_path: Path) -> None:
    content = wheel()
    for cut in range(0, len(content), 7):
        assert read_one(tmp_path, content[:cut]).problem


def test_every_flipped_byte_is_survived(tmp_path: Path) -> None:
    content = wheel()
    for place in range(len(content)):
        broken = bytearray(content)
        broken[place] ^= 0x41
        found = read_one(tmp_path, bytes(broken))
        assert found.problem.isprintable()
