"""Metadata: parsing it, and the chain of ways to get at it."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opener import Opener

from loopback import LoopbackIndex, recording, sdist, wheel
from ungil.index import File, Metadata, PackageIndex, PackageIndexError
from ungil.index import metadata as metadata_module
from ungil.index.metadata import BrokenFileError, parse, read_sdist, read_wheel

HEADERS = """\
Requires-Dist: numpy>=2; python_version >= "3.12"
Requires-Dist: rich ; extra == 'cli'
Requires-Python: >=3.11
Provides-Extra: My_CLI
Classifier: Programming Language :: Python :: Free Threading :: 2 - Beta
"""
EXPECTED = Metadata(
    requires_dist=('numpy>=2; python_version >= "3.12"', "rich ; extra == 'cli'"),
    requires_python=">=3.11",
    classifiers=("Programming Language :: Python :: Free Threading :: 2 - Beta",),
    provides_extra=("my-cli",),
)
WHEEL = "spam-1.0-py3-none-any.whl"
BULK = {f"spam/{n}.bin": random.Random(n).randbytes(9000) for n in range(90)}
BIG = wheel("spam", "1.0", HEADERS, members=BULK)


def only_file(index: PackageIndex, version: str = "1.0") -> File:
    return index.project("spam").by_version[version].files[0]


def ask(index: PackageIndex) -> Metadata:
    return index.metadata("Spam", "1.0", only_file(index))


def why_not(index: PackageIndex) -> str:
    with pytest.raises(PackageIndexError) as caught:
        ask(index)
    assert str(caught.value).isprintable()
    assert f"the metadata of {only_file(index).name}" in str(caught.value)
    return str(caught.value)


# Parsing


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_headers(newline: str) -> None:
    text = f"Metadata-Version: 2.1\nName: spam\nVersion: 1.0\n{HEADERS}\nRequires-Dist: no\n"
    assert parse(text.replace("\n", newline).encode()) == EXPECTED


@pytest.mark.parametrize(
    ("headers", "dynamic"),
    [
        ("Metadata-Version: 2.1\nName: x", True),
        ("Metadata-Version: 2.2\nName: x", False),
        ("Metadata-Version: 2.10\nName: x", False),
        ("Metadata-Version: 2.4\nName: x\nDynamic: license-file", False),
        ("Metadata-Version: 2.4\nName: x\nDynamic: requires-dist", True),
        ("Metadata-Version: 1.0\nName: x", True),
        ("Name: x", True),
    ],
)
def test_when_a_source_knows_its_dependencies(headers: str, dynamic: bool) -> None:
    assert parse(headers.encode(), source=True).dynamic_dependencies is dynamic
    assert not parse(headers.encode()).dynamic_dependencies


@pytest.mark.parametrize("text", [b"", b"<html>", b"\xff\xfe", b"Name: x\nRequires-Dist: \xff\xfe"])
def test_what_is_no_metadata(text: bytes) -> None:
    with pytest.raises(BrokenFileError):
        parse(text)


def test_an_author_of_any_encoding_does_no_harm() -> None:
    assert parse(b"Name: x\nAuthor: \xe9\xff\nClassifier: A :: B").classifiers == ("A :: B",)


header_text = st.text("Name: Requires\n\r\t =?", max_size=60).map(str.encode)


@given(st.binary(max_size=300) | header_text)
def test_arbitrary_bytes_are_broken_or_metadata(text: bytes) -> None:
    for given_text in (text, b"Name: x\nRequires-Dist: " + text):
        with suppress(BrokenFileError):
            parse(given_text)


@pytest.mark.parametrize("name", ["requests", "numpy", "django", "docopt"])
def test_recorded_metadata(name: str, opened: Opener) -> None:
    with LoopbackIndex() as server:
        for server.serves_metadata in (True, False):
            index = opened(server.url, cache_dir=Path("/dev/null"))
            project = index.project(name)
            for version, told in recording(name)["metadata"].items():
                files = project.by_version[version].files
                file = next((f for f in files if f.is_wheel), files[0])
                if not file.is_wheel:
                    continue  # made up, hence without the recorded hash
                found = index.metadata(name, version, file)
                assert len(found.requires_dist) == told["text"].count("\nRequires-Dist:")
            server.pages.clear()


# The chain


def test_one_small_file_is_enough(server: LoopbackIndex, opened: Opener) -> None:
    text = f"Metadata-Version: 2.1\nName: spam\nVersion: 1.0\n{HEADERS}\n".encode()
    path = server.add("spam", WHEEL, BIG, metadata=text)
    index = opened(server.url)
    assert ask(index) == EXPECTED
    assert ask(opened(server.url, offline=True)) == EXPECTED  # from the cache, for ever
    assert server.requests[path + ".metadata"] == 1
    assert server.requests[path] == 0


def test_no_index_speaks_for_the_files_of_another(server: LoopbackIndex, opened: Opener) -> None:
    server.add("spam", WHEEL, BIG)
    with LoopbackIndex(recorded=False) as liar:
        liar.add("spam", WHEEL, BIG, metadata=b"Name: spam\nRequires-Dist: evil\n")
        assert ask(opened(liar.url)).requires_dist == ("evil",)
    assert ask(opened(server.url)) == EXPECTED


def test_an_index_may_announce_more_than_it_has(server: LoopbackIndex, opened: Opener) -> None:
    server.add("spam", WHEEL, BIG, core_metadata=True)
    assert ask(opened(server.url)) == EXPECTED


@pytest.mark.parametrize("size", [len(BIG), None, len(BIG) - 5, len(BIG) + 10**6])
def test_a_part_of_the_wheel_is_enough(
    server: LoopbackIndex, opened: Opener, size: int | None
) -> None:
    path = server.add("spam", WHEEL, BIG, size=size)
    index = opened(server.url)
    only_file(index)
    before = server.bytes_sent
    assert ask(index) == EXPECTED
    assert server.requests[path] <= 2
    assert server.bytes_sent - before < 150_000 < len(BIG)


def test_metadata_at_the_front_takes_one_more_request(
    server: LoopbackIndex, opened: Opener
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("spam-1.0.dist-info/METADATA", f"Name: spam\n{HEADERS}\n" + "x\n" * 10_000)
        for name, data in BULK.items():
            archive.writestr(name, data)
    path = server.add("spam", WHEEL, packed.getvalue())
    assert ask(opened(server.url)) == EXPECTED
    assert server.requests[path] == 2


def test_without_ranges_the_json_api_is_asked_first(server: LoopbackIndex, opened: Opener) -> None:
    path = server.add("spam", WHEEL, BIG)
    server._metadata["spam"] = {"1.0": f"Name: spam\n{HEADERS}".encode()}
    server.serves_json_api = True
    server.fail(path, "no-ranges")
    found = ask(opened(server.url))
    assert found.requires_dist == EXPECTED.requires_dist
    assert found.classifiers == EXPECTED.classifiers
    assert server.requests["/pypi/spam/1.0/json"] == 1
    assert server.requests[path] == 1  # and that was broken off


def test_a_json_api_that_says_nothing_sure_is_not_believed(
    server: LoopbackIndex, opened: Opener
) -> None:
    path = server.add("spam", WHEEL, BIG)
    server._metadata["spam"] = {"1.0": b"Name: spam\n"}  # `requires_dist: null`
    server.serves_json_api = True
    server.fail(path, "no-ranges")
    assert ask(opened(server.url)) == EXPECTED
    assert server.requests["/pypi/spam/1.0/json"] == 1


def test_an_absent_json_api_is_asked_once(server: LoopbackIndex, opened: Opener) -> None:
    server.fail("/files/", "no-ranges")
    for version in ("1.0", "1.1", "1.2"):
        filename = WHEEL.replace("1.0", version)
        server.add("spam", filename, wheel("spam", version, HEADERS, members=BULK))
    index = opened(server.url)
    for version in ("1.0", "1.1", "1.2"):
        assert index.metadata("spam", version, only_file(index, version)) == EXPECTED
    assert sum(count for path, count in server.requests.items() if "/pypi/" in path) == 1
    # That parts cannot be had is remembered too.
    assert len(server.ranges) == 1


def test_a_whole_file_must_have_its_hash(server: LoopbackIndex, opened: Opener) -> None:
    server.fail("/files/", "no-ranges")
    server.add("spam", WHEEL, BIG, hashes={"sha256": "0" * 64})
    assert "not the one whose hash" in why_not(opened(server.url))


def test_a_file_that_is_too_large_is_not_downloaded(server: LoopbackIndex, opened: Opener) -> None:
    server.add("spam", "spam-1.0.tar.gz", b"", size=300 << 20)
    assert "300 MiB" in why_not(opened(server.url))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read in parts|hash|no sound zip|answered"),
        (b"no zip at all", "no sound zip archive"),
        (BIG[:-40], "no sound zip archive"),
        (wheel("eggs", "1.0"), "no METADATA of its own"),
    ],
)
def test_broken_wheels(server: LoopbackIndex, opened: Opener, content: bytes, says: str) -> None:
    server.add("spam", WHEEL, content)
    with pytest.raises(PackageIndexError, match=says):
        ask(opened(server.url))


@pytest.mark.parametrize("fault", ["401", "404", "500", "drop", "half", "hang"])
def test_faults_of_the_file_server(server: LoopbackIndex, opened: Opener, fault: str) -> None:
    server.add("spam", WHEEL, BIG)
    server.fail("/files/", fault)
    why_not(opened(server.url, timeout=0.3))


def test_a_bomb_does_not_go_off(server: LoopbackIndex, opened: Opener) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("spam-1.0.dist-info/METADATA", b"Name: x\n" + bytes(50 << 20))
    server.add("spam", WHEEL, packed.getvalue())
    assert "too large" in why_not(opened(server.url))


def test_a_lie_about_the_size_is_found_out(server: LoopbackIndex, opened: Opener) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("spam-1.0.dist-info/METADATA", b"Name: x\n" + bytes(1 << 20))
    true_size = (8 + (1 << 20)).to_bytes(4, "little")
    lie = packed.getvalue().replace(true_size, (100).to_bytes(4, "little"))
    server.add("spam", WHEEL, lie)
    assert "no sound zip archive" in why_not(opened(server.url))


# Source distributions


@pytest.mark.parametrize(("version", "dynamic"), [("2.1", True), ("2.2", False)])
def test_a_source_distribution(
    server: LoopbackIndex, opened: Opener, version: str, dynamic: bool
) -> None:
    content = sdist("spam", "1.0", HEADERS, metadata_version=version)
    server.add("spam", "spam-1.0.tar.gz", content)
    found = ask(opened(server.url))
    assert found.requires_dist == EXPECTED.requires_dist
    assert found.dynamic_dependencies is dynamic


@pytest.mark.parametrize("suffix", [".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip"])
def test_every_kind_of_archive(suffix: str) -> None:
    packed = io.BytesIO()
    if suffix == ".zip":
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("spam-1.0/sub/PKG-INFO", "no")
            archive.writestr("Spam-1.0/PKG-INFO", "yes")
    else:
        mode = {".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}.get(suffix, "w:gz")
        with tarfile.open(fileobj=packed, mode=mode) as tar:  # type: ignore[call-overload]
            for path in ("PKG-INFO", "eggs-1.0/PKG-INFO", "./spam-1.0/PKG-INFO"):
                member = tarfile.TarInfo(path)
                member.size = 3
                tar.addfile(member, io.BytesIO(b"yes" if "spam" in path else b"no!"))
    packed.seek(0)
    assert read_sdist(packed, f"spam-1.0{suffix}") == b"yes"


def test_an_archive_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_module, "_UNPACKED_CAP", 1 << 20)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("spam-1.0/data")
        member.size = 4 << 20
        tar.addfile(member, io.BytesIO(bytes(member.size)))
    packed.seek(0)
    with pytest.raises(BrokenFileError, match="too much"):
        read_sdist(packed, "spam-1.0.tar.gz")


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", gzip.compress(b"no tar"), sdist("eggs", "1.0"), sdist("spam", "1.0")[:90]],
)
def test_broken_source_distributions(server: LoopbackIndex, opened: Opener, content: bytes) -> None:
    server.add("spam", "spam-1.0.tar.gz", content)
    why_not(opened(server.url))


# Local files


def test_local_files(opened: Opener, tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(BIG)
    (tmp_path / "spam-2.0.tar.gz").write_bytes(sdist("spam", "2.0", HEADERS))
    index = opened(find_links=(tmp_path.as_uri(),))
    assert ask(index) == EXPECTED
    source = only_file(index, "2.0")
    assert index.metadata("spam", "2.0", source).requires_dist == EXPECTED.requires_dist
    for path in tmp_path.glob("spam*"):
        path.unlink()
    with pytest.raises(PackageIndexError, match="no such file"):
        index.metadata("spam", "2.0", source)


# Whatever is done to an archive


@given(st.data())
def test_mutated_wheels_are_broken_or_read(data: st.DataObject) -> None:
    original = wheel("spam", "1.0", HEADERS)
    mutated = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(mutated)))
    for content in (bytes(mutated), bytes(mutated[:cut]), bytes(mutated[cut:])):
        with suppress(BrokenFileError):
            parse(read_wheel(io.BytesIO(content), "spam"))


@given(st.data())
def test_mutated_source_distributions_are_broken_or_read(data: st.DataObject) -> None:
    mutated = bytearray(gzip.decompress(sdist("spam", "1.0", HEADERS)))
    for _ in range(data.draw(st.integers(1, 6))):
        mutated[data.draw(st.integers(0, 2048))] = data.draw(st.integers(0, 255))
    packed = gzip.compress(bytes(mutated), 1)
    cut = data.draw(st.integers(0, len(packed)))
    for content in (packed, packed[:cut]):
        with suppress(BrokenFileError):
            parse(read_sdist(io.BytesIO(content), "spam-1.0.tar.gz"), source=True)
