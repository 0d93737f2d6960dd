"""The compiled members of a wheel, without the rest of it.

A wheel is a zip archive (PEP 427; the format: PKWARE's APPNOTE.TXT). Its
directory stands at its end and says where each member is, so a member can be
read without those before it. The directory is read by the standard library's
zipfile. What zipfile lets pass is checked here: an archive is refused if tools
could differ about what its compiled members are.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, cast

from ungil.extensions.deflated import FIRST, Deflated, Part, SeekableFile
from ungil.extensions.model import BinaryError
from ungil.extensions.source import ByteSource

__all__ = ["Archive", "ArchiveError", "Member"]

# How the names end that CPython imports extension modules by, see
# `_PyImport_DynLoadFiletab` in Python/dynload_shlib.c and dynload_win.c. The
# rest of a name is a version's and a platform's. Cygwin's .dll is left out:
# elsewhere it is a plain library.
_SUFFIXES = (".so", ".pyd")

_DIRECTORY_CAP = 8 << 20  # bytes, of some 80,000 members; zipfile has no limit
_SIZE_CAP = 4 << 30  # bytes of one member, inflated
_MOST_DEFLATED = 1032  # to 1: 258 bytes of a file are written in 2 bits or more

_HEADER = struct.Struct("<4s5H3I2H")  # APPNOTE 4.3.7
_EXTRA = 256  # bytes expected at most between the name in it and the data

# General purpose flags, APPNOTE 4.4.4.
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_SIZES_FOLLOW = 1 << 3
_UTF_8 = 1 << 11

_IN_EXTRA_FIELD = 0xFFFFFFFF  # the size is there, APPNOTE 4.5.3

# What zipfile raises for a broken directory; NotImplementedError for a version
# of the format that it does not know.
_UNREADABLE = (
    zipfile.BadZipFile,
    struct.error,
    EOFError,
    MemoryError,
    NotImplementedError,
    OSError,
    OverflowError,
    ValueError,
)

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\:]|(?:^|/)\.{0,2}(?:/|$)")


class ArchiveError(BinaryError):
    """No sound zip archive, or one that nobody should install; one line."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a member is.

    Attributes:
        header: The offset of its own header.
        stop: Where the next member, or the directory, starts.
        first: The part of the archive to read first: where it starts and
            stops. Small members next to each other share it, so that a file
            that is far away is asked once for all of them.
        method: Of compression.
        flags: As the directory has them.
        name: Likewise.
    """

    header: int
    stop: int
    first: tuple[int, int]
    method: int
    flags: int
    name: bytes


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a wheel that CPython might import as an extension module.

    Its name says so. Whether it is one, its exported symbols say.

    Attributes:
        path: In the archive, with slashes.
        size: Of the file, in bytes, as declared.
        compressed_size: Of what the archive holds of it, in bytes.
        crc: The file's CRC-32, as declared.
    """

    path: str
    size: int
    compressed_size: int
    crc: int
    _file: SeekableFile = field(repr=False, compare=False)
    _place: _Place = field(repr=False)

    def open(self) -> ByteSource:
        """The file's bytes; most are read from the archive when asked for.

        All members of an archive together are for one thread at a time.
        Whatever the archive's file raises passes through, here and in what is
        returned: that a server does not answer says nothing about the member.

        Raises:
            ArchiveError: The member's own header contradicts the directory.
            BinaryError: It is compressed by another method than deflate.
        """
        place = self._place
        if place.method not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise BinaryError(f"{self.path} is compressed by method {place.method}, not by deflate")
        start, stop = place.first
        self._file.seek(start)
        known = self._file.read(stop - start)[place.header - start :]
        data = self._data(known)
        beginning = known[data - place.header :]
        compressed = Part(self._file, data, self.compressed_size, beginning)
        if place.method == zipfile.ZIP_STORED:
            return compressed
        return Deflated(compressed, self.size, self.crc)

    def _data(self, header: bytes) -> int:
        """The offset of the compressed bytes, behind the member's own header."""
        if len(header) < _HEADER.size:
            raise ArchiveError("the archive is truncated")
        place = self._place
        signature, _, flags, method, _, _, *said, name, extra = _HEADER.unpack_from(header)
        data: int = place.header + _HEADER.size + name + extra
        declared = (self.crc, self.compressed_size, self.size)
        if (
            signature != b"PK\3\4"
            or (flags ^ place.flags) & (_ENCRYPTED | _SIZES_FOLLOW)
            or method != place.method
            or header[_HEADER.size : _HEADER.size + name] != place.name
            or not (flags & _SIZES_FOLLOW or all(map(_agrees, said, declared)))
            or data + self.compressed_size > place.stop
        ):
            raise ArchiveError(f"the header of {self.path} contradicts the archive's directory")
        return data


def _agrees(said: int, declared: int) -> bool:
    return said in {declared, _IN_EXTRA_FIELD}


class Archive:
    """A wheel, of which only the directory is read at first.

    Attributes:
        members: Those that CPython might import as extension modules, as they
            follow each other.
    """

    members: tuple[Member, ...]

    def __init__(self, file: SeekableFile) -> None:
        """Read the directory.

        Args:
            file: The wheel; it must stay open while members are read.

        Raises:
            ArchiveError: It is no zip archive or cannot be read; or its
                members overlap; or one that might be imported has an unsafe
                name, another's name, or an impossible size, or is encrypted or
                no regular file.
        """
        entries, stops = _directory(file)
        members: dict[str, Member] = {}
        for entry, place in _places(entries, stops):
            _refuse_unsafe(entry)
            path = entry.filename
            member = Member(path, entry.file_size, entry.compress_size, entry.CRC, file, place)
            other = members.setdefault(path, member)
            if (other.size, other.crc) != (member.size, member.crc):
                raise ArchiveError(f"the archive has two different {path}")
        self.members = tuple(members.values())


class _Directory:
    """A file while its directory is read, which zipfile reads in one piece."""

    def __init__(self, file: SeekableFile) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY_CAP:
            raise ArchiveError(f"the archive's directory would be {size:,} bytes")
        return self._file.read(size)


def _directory(file: SeekableFile) -> tuple[list[zipfile.ZipInfo], list[int]]:
    """All entries in the order of their data, and where each has to stop."""
    try:
        # typeshed asks for more methods than zipfile uses.
        with zipfile.ZipFile(cast("IO[bytes]", _Directory(file))) as archive:
            entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
            stops = [*(entry.header_offset for entry in entries[1:]), archive.start_dir]
    except ArchiveError:
        raise
    except _UNREADABLE as error:
        told = " ".join(str(error).split()) or type(error).__name__
        raise ArchiveError(f"no sound zip archive ({told})") from None
    for entry, stop in zip(entries, stops, strict=False):
        start = entry.header_offset
        if start < 0 or start + _HEADER.size + entry.compress_size > stop:
            raise ArchiveError("members of the archive overlap")
    return entries, stops


def _places(
    entries: list[zipfile.ZipInfo], stops: list[int]
) -> Iterator[tuple[zipfile.ZipInfo, _Place]]:
    """Where the members are that might be imported."""
    neighbours: list[tuple[zipfile.ZipInfo, int]] = []
    for entry, stop in zip(entries, stops, strict=False):
        wanted = entry.filename.endswith(_SUFFIXES) or entry.orig_filename.endswith(_SUFFIXES)
        if neighbours and (not wanted or stop - neighbours[0][0].header_offset > FIRST):
            yield from _together(neighbours)
            neighbours = []
        if wanted:
            neighbours.append((entry, stop))
    yield from _together(neighbours)


def _together(
    neighbours: list[tuple[zipfile.ZipInfo, int]],
) -> Iterator[tuple[zipfile.ZipInfo, _Place]]:
    """The places of members that stand next to each other."""
    for entry, stop in neighbours:
        start = neighbours[0][0].header_offset
        encoding = "utf-8" if entry.flag_bits & _UTF_8 else "cp437"  # as zipfile decoded it
        name = entry.orig_filename.encode(encoding)
        most = start + _HEADER.size + len(name) + _EXTRA + FIRST
        end = neighbours[-1][1]
        # Once more for the last bit would be a waste of time.
        first = start, end if end - most < FIRST // 2 else most
        method, flags = entry.compress_type, entry.flag_bits
        yield entry, _Place(entry.header_offset, stop, first, method, flags, name)


def _refuse_unsafe(entry: zipfile.ZipInfo) -> None:
    """Refuse a member that tools would treat differently, or that is a bomb.

    Raises:
        ArchiveError: So it is.
    """
    name = entry.orig_filename
    # They differ after a null byte, a backslash on Windows, or an extra field
    # with another name.
    if name != entry.filename or _UNSAFE.search(name):
        raise ArchiveError(f"the archive has a member with the unsafe name {name!a}")
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG}:
        raise ArchiveError(f"{name} is a link or another special file")
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"{name} is encrypted")
    size, compressed = entry.file_size, entry.compress_size
    if (
        size > _SIZE_CAP
        or (entry.compress_type == zipfile.ZIP_STORED and size != compressed)
        or (entry.compress_type == zipfile.ZIP_DEFLATED and size > compressed * _MOST_DEFLATED)
    ):
        raise ArchiveError(f"{name} cannot unpack from {compressed:,} bytes to {size:,}")
