"""A wheel's files, laid out as an installer would, for as long as they are needed."""

from __future__ import annotations

import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath

from ungil.extensions.archive import Archive, ArchiveError
from ungil.findings import printable

__all__ = ["unpacked"]

_MOST_BYTES = 8 << 30  # a wheel of a large framework with its GPU libraries is half of it

# PEP 427, "the .data directory": these two go where the packages go, the
# others (scripts, headers, data) to places no import looks at.
_SCHEMES = ("platlib", "purelib")

# The two that every installer reads. The others can make much of a little in
# one step, before anybody counts it.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# On Windows a backslash separates, and a colon follows a drive or a file.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\:]")
_LONGEST_PART = 255  # bytes, of a file name on the usual file systems
_LONGEST_NAME = 1000  # characters

# What zipfile raises for a member that is not what the directory says.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
)


@contextmanager
def unpacked(wheel: Path, *, most_bytes: int = _MOST_BYTES) -> Iterator[Path]:
    """Unpack a wheel into a temporary folder, and remove it afterwards.

    All of it: a module may need the libraries in `name.libs` beside its
    package, and import Python files when it is initialised.

    Args:
        wheel: Its file.
        most_bytes: How much room its files may take.

    Yields:
        The folder, to be used as a search path.

    Raises:
        ArchiveError: It is damaged, or made to harm: as `Archive` refuses it,
            and if any file of it has an unsafe name or another's, is a link,
            is encrypted, or all of them need more than `most_bytes`.
        OSError: It cannot be read, or there is no room.
    """
    with tempfile.TemporaryDirectory(prefix="ungil-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with wheel.open("rb") as file:
            Archive(file)  # no larger a directory than it allows, and no overlaps
            try:
                with zipfile.ZipFile(file) as archive:
                    _unpack(archive, folder, most_bytes)
            except ArchiveError:
                raise
            except _DAMAGED as error:
                raise ArchiveError(printable(f"the archive is damaged: {error}")) from None
        yield folder


def _unpack(archive: zipfile.ZipFile, folder: Path, most_bytes: int) -> None:
    members = archive.infolist()
    # zipfile reads no more of a member than its declared size, so a lie is of no use.
    if sum(member.file_size for member in members) > most_bytes:
        raise ArchiveError(f"the archive unpacks to more than {most_bytes:,} bytes")
    placed: dict[Path, zipfile.ZipInfo] = {}
    for member in members:
        _refuse_oddities(member)
        place = _place(member.filename)
        if place is None or member.is_dir():
            continue
        other = placed.setdefault(place, member)
        if other is not member and (other.CRC, other.file_size) == (member.CRC, member.file_size):
            continue  # the same file once more, which harms nobody
        target = folder / place
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            file = target.open("xb")
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            # Also where two names differ, but not for this file system.
            raise _refusal(member.filename, "a second time") from None
        with file, archive.open(member) as source:
            shutil.copyfileobj(source, file)


def _refuse_oddities(member: zipfile.ZipInfo) -> None:
    if stat.S_IFMT(member.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _refusal(member.filename, "which is no regular file")
    if member.flag_bits & 1:
        raise _refusal(member.filename, "encrypted")
    if member.compress_type not in _METHODS:
        raise _refusal(member.filename, "compressed as no installer reads it")


def _place(name: str) -> Path | None:
    """Where a member goes, below the folder; None if no import would look there."""
    parts = name.removesuffix("/").split("/")
    unsafe = any(
        part in {"", ".", ".."} or _UNSAFE.search(part) or len(part.encode()) > _LONGEST_PART
        for part in parts
    )
    if unsafe or len(name) > _LONGEST_NAME or PureWindowsPath(name).is_reserved():
        raise _refusal(name, "a name that is not safe everywhere")
    if not parts[0].endswith(".data"):
        return Path(*parts)
    if len(parts) > 2 and parts[1] in _SCHEMES:
        return Path(*parts[2:])
    return None


def _refusal(name: str, reason: str) -> ArchiveError:
    return ArchiveError(printable(f"the archive has {name[:200]}, {reason}"))
