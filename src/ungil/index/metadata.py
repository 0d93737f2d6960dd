"""Core metadata, and how to find it inside a file.

Reads what others made: every size is limited, and whatever is broken ends as
a `BrokenFileError`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from packaging.metadata import parse_email

from ungil.index.model import Metadata
from ungil.index.names import normalise, stem_of_sdist
from ungil.index.ranged import RemoteFile

__all__ = ["CAP", "BrokenFileError", "parse", "read_sdist", "read_wheel"]

CAP = 4 << 20
"""Bytes of one METADATA file; the longest real ones have half of one MiB."""

_UNPACKED_CAP = 512 << 20  # bytes that a source distribution may unpack to
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n|\r\r")


class BrokenFileError(ValueError):
    """A file that is not what its name says; the message says how."""


def parse(text: bytes, *, source: bool = False) -> Metadata:
    """Read a METADATA or PKG-INFO file.

    Args:
        text: The file.
        source: Is it a source distribution's? Then its dependencies are only
            sure from metadata 2.2 on and if they are not named in `Dynamic`
            (PEP 643).

    Raises:
        BrokenFileError: It is no core metadata.
    """
    # The description, most of the file, comes after the headers.
    headers = _END_OF_HEADERS.split(text.lstrip(b"\xef\xbb\xbf\r\n"), maxsplit=1)[0]
    try:
        raw, unparsed = parse_email(headers + b"\n\n")
    except (ValueError, LookupError, AssertionError, TypeError) as error:
        raise BrokenFileError(f"its metadata cannot be read ({error})") from None
    if "metadata_version" not in raw and "name" not in raw:
        raise BrokenFileError("its metadata names no project")
    unreadable = {"requires-dist", "classifier"} & unparsed.keys()
    if unreadable:
        raise BrokenFileError(f"the {min(unreadable)} of its metadata cannot be read")
    dynamic = {field.lower() for field in raw.get("dynamic", ())}
    reliable = _version(raw.get("metadata_version", "")) >= (2, 2)
    return Metadata(
        requires_dist=tuple(raw.get("requires_dist", ())),
        requires_python=raw.get("requires_python") or None,
        classifiers=tuple(raw.get("classifiers", ())),
        provides_extra=tuple(map(normalise, raw.get("provides_extra", ()))),
        dynamic_dependencies=source and not (reliable and "requires-dist" not in dynamic),
    )


def _version(text: str) -> tuple[int, ...]:
    match = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def read_wheel(file: IO[bytes] | RemoteFile, name: str) -> bytes:
    """A wheel's METADATA.

    Args:
        file: The wheel, seekable.
        name: The project's, normalised.

    Raises:
        BrokenFileError: It is no wheel of that project.
    """
    missing = "it holds no METADATA of its own"
    return _of_zip(file, lambda path: _is_metadata(path, name), missing)


def _is_metadata(path: str, name: str) -> bool:
    folder, slash, rest = path.partition("/")
    own = folder.removesuffix(".dist-info")
    return (
        rest == "METADATA"
        and bool(slash)
        and own != folder
        and normalise(own.rpartition("-")[0]) == name
    )


def read_sdist(file: IO[bytes], filename: str) -> bytes:
    """A source distribution's PKG-INFO, from the one folder at its root.

    Args:
        file: The archive; seekable if it is a zip, else read once through.
        filename: The archive's.

    Raises:
        BrokenFileError: It holds none, or is broken.
    """
    root = normalise(stem_of_sdist(filename) or "")

    def wanted(path: str) -> bool:
        folder, _, rest = path.removeprefix("./").partition("/")
        return rest == "PKG-INFO" and normalise(folder) == root

    missing = "it holds no PKG-INFO"
    if filename.endswith(".zip"):
        return _of_zip(file, wanted, missing)
    with _sound("tar archive"):
        return _of_tar(file, filename, wanted, missing)


def _of_zip(
    file: IO[bytes] | RemoteFile,
    wanted: Callable[[str], bool],
    missing: str,
) -> bytes:
    # typeshed asks for more methods than zipfile uses.
    with _sound("zip archive"), zipfile.ZipFile(cast("IO[bytes]", file)) as archive:
        member = next((m for m in archive.infolist() if wanted(m.filename)), None)
        if member is None:
            raise BrokenFileError(missing)
        if max(member.file_size, member.compress_size) > CAP:
            raise BrokenFileError("its metadata is too large")
        if isinstance(file, RemoteFile):
            # One request for the member and the header before it, which
            # repeats its name and may hold other fields.
            length = member.compress_size + len(member.filename) * 4 + 256
            file.prefetch(member.header_offset, length)
        with archive.open(member) as stream:
            return stream.read(CAP)


def _of_tar(file: IO[bytes], filename: str, wanted: Callable[[str], bool], missing: str) -> bytes:
    with _unpacked(file, filename) as unpacked:
        # The limit is on what comes out: a bomb is small going in.
        limited: Any = _Limited(unpacked, _UNPACKED_CAP)
        with tarfile.open(fileobj=limited, mode="r|") as archive:
            for member in archive:
                if not (member.isreg() and wanted(member.name)):
                    continue
                if member.size > CAP:
                    raise BrokenFileError("its metadata is too large")
                stream = archive.extractfile(member)
                if stream is not None:
                    return stream.read(CAP)
    raise BrokenFileError(missing)


def _unpacked(file: IO[bytes], filename: str) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    if filename.endswith(".bz2"):
        return bz2.BZ2File(file)
    if filename.endswith(".xz"):
        return lzma.LZMAFile(file)
    return gzip.GzipFile(fileobj=file)


class _Limited:
    """A stream that ends with an error when it gives too much."""

    def __init__(self, file: io.BufferedIOBase, left: int) -> None:
        self._file = file
        self._left = left

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise BrokenFileError("it unpacks to far too much")
        return data


# What the standard library's readers raise for a broken archive; among them
# NotImplementedError for an unknown compression, RuntimeError for encryption.
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@contextmanager
def _sound(kind: str) -> Iterator[None]:
    """Whatever a reader raises for a broken archive, as BrokenFileError."""
    try:
        yield
    except BrokenFileError:
        raise
    except _BROKEN as error:
        told = str(error) or type(error).__name__
        raise BrokenFileError(f"it is no sound {kind} ({told})") from None
