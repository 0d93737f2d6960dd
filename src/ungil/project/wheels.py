"""Wheels at hand: one file, or a directory such as `dist/` before an upload.

https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from ungil.findings import printable
from ungil.project.conditions import choose
from ungil.project.core_metadata import LARGEST, CoreMetadata, parse_core_metadata
from ungil.project.model import LocalWheel, Selection, SubjectError
from ungil.project.places import Document, Place

__all__ = ["SDIST_SUFFIXES", "WheelSubject", "read_wheel", "read_wheel_directory"]

SDIST_SUFFIXES = (".tar.gz", ".zip")
_METADATA = re.compile(r"([^/\\]+)\.dist-info/METADATA")
_LARGEST_DIRECTORY = 16 * 2**20  # some 150 000 files; `zipfile` holds it all in memory
_END = struct.Struct("<4s4H2LH")  # the end of central directory record (APPNOTE 4.3.16)


@dataclass(frozen=True)
class WheelSubject:
    """Wheels that are judged by themselves."""

    place: Place
    wheels: tuple[LocalWheel, ...]
    notes: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """See `Subject.path`."""
        return self.place.label

    def select(
        self,
        environment: Mapping[str, str],  # noqa: ARG002 - which wheel fits is not asked here
        *,
        extras: frozenset[str] = frozenset(),
        groups: frozenset[str] | None = None,
    ) -> Selection:
        """See `Subject.select`."""
        choose(Document(self.place, ""), "extra", extras, ())
        choose(Document(self.place, ""), "group", groups or (), ())
        return Selection(wheels=self.wheels, notes=self.notes)


def read_wheel(place: Place) -> WheelSubject:
    """Read one wheel; what is wrong with the file itself is its `problem`."""
    return WheelSubject(place, (_local_wheel(place),))


def read_wheel_directory(place: Place) -> WheelSubject:
    """Read every wheel of a directory, and note its sdists.

    Raises:
        SubjectError: The directory cannot be listed.
    """
    names = place.entries()
    sdists = [name for name in names if name.endswith(SDIST_SUFFIXES)]
    return WheelSubject(
        place,
        tuple(_local_wheel(place.inside(name)) for name in names if name.endswith(".whl")),
        tuple(
            f"{place.inside(name).label} is an sdist; what it builds to is not known."
            for name in sdists
        ),
    )


def _local_wheel(place: Place) -> LocalWheel:
    name = place.path.name
    try:
        project, version, *_ = parse_wheel_filename(name)
    except ValueError as error:  # InvalidWheelFilename and InvalidVersion are
        problem = f"Its name is not that of a wheel: {printable(str(error))}"
        return LocalWheel(place.label, printable(name), None, "", problem=problem)
    tag = "-".join(name.removesuffix(".whl").split("-")[-3:])
    try:
        metadata = _metadata(place, project, version)
    except ValueError as error:  # SubjectError is one
        problem = printable(str(error).removeprefix(f"{place.label}: "))
        return LocalWheel(place.label, project, str(version), tag, problem=problem)
    return LocalWheel(
        place.label,
        project,
        str(version),
        tag,
        metadata.requires_python,
        metadata.classifiers,
        file=place.path,
    )


def _metadata(place: Place, project: str, version: Version) -> CoreMetadata:
    """The wheel's METADATA, which must agree with the file's name.

    Raises:
        ValueError: It does not, or the file is no wheel; the message says why.
    """
    place.require_file()
    try:
        with place.path.open("rb") as file:
            _refuse_huge_directory(file)
            with zipfile.ZipFile(file) as archive:
                data = _read_metadata(archive, project, version)
    except SubjectError:
        raise
    # What `zipfile` raises for files that others have broken, as far as known.
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        OverflowError,
        UnicodeError,
    ) as error:
        raise ValueError(f"It is not a readable wheel: {error or type(error).__name__}") from None
    metadata = parse_core_metadata(data)
    if not _same(metadata.name, metadata.version, project, version):
        raise ValueError(f"Its metadata says {metadata.name} {metadata.version}.")
    return metadata


def _refuse_huge_directory(file: BinaryIO) -> None:
    file.seek(0, os.SEEK_END)
    file.seek(max(file.tell() - 0xFFFF - _END.size, 0))
    tail = file.read()
    start = tail.rfind(b"PK\5\6")
    if 0 <= start <= len(tail) - _END.size:
        size = _END.unpack_from(tail, start)[5]
        if size > _LARGEST_DIRECTORY:
            raise ValueError("Its list of files is absurdly large.")


def _read_metadata(archive: zipfile.ZipFile, project: str, version: Version) -> bytes:
    found = [m for m in map(_METADATA.fullmatch, archive.namelist()) if m]
    if len(found) != 1:
        count = "no" if not found else "several"
        raise ValueError(f"It has {count} .dist-info/METADATA.")
    name, _, number = found[0][1].rpartition("-")
    if not _same(name, number, project, version):
        raise ValueError(f"Its .dist-info directory is that of {found[0][1]}.")
    info = archive.getinfo(found[0][0])
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ValueError("Its METADATA is compressed in a way that wheels may not use.")
    with archive.open(info) as file:
        data = file.read(LARGEST + 1)  # a size that the archive states may be a lie
    if len(data) > LARGEST:
        raise ValueError(f"Its METADATA is larger than {LARGEST // 2**20} MiB.")
    return data


def _same(name: str, number: str, project: str, version: Version) -> bool:
    try:
        return canonicalize_name(name) == project and Version(number) == version
    except ValueError:
        return False
