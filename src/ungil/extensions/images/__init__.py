"""A file's bytes -> the images in it."""

from __future__ import annotations

from struct import Struct

from ungil.extensions.images.address_space import record
from ungil.extensions.images.elf import ElfImage
from ungil.extensions.images.image import Image
from ungil.extensions.images.macho import MachOImage
from ungil.extensions.images.pe import PeImage
from ungil.extensions.model import BinaryError
from ungil.extensions.source import ByteSource

__all__ = ["open_images"]

_MACHO = {b"\xfe\xed\xfa\xce", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe"}
# <mach-o/fat.h>: offset and size of a slice, always big-endian.
_UNIVERSAL = {b"\xca\xfe\xba\xbe": Struct(">8xII4x"), b"\xca\xfe\xba\xbf": Struct(">8xQQ8x")}
# A Java class file has its version there, which is 45 or more.
_MOST_SLICES = 44
_OTHERS = {
    b"!<arch>\n": "a static or import library",
    b"!<thin>\n": "a static library",
    b"\0asm": "WebAssembly",
    b"BC\xc0\xde": "LLVM bitcode",
    b"\xde\xc0\x17\x0b": "LLVM bitcode",
    b"PK\3\4": "a zip archive",
    b"\x64\x86": "a Windows object file",
    b"\x4c\x01": "a Windows object file",
    b"\x64\xaa": "a Windows object file",
}


def open_images(source: ByteSource) -> list[Image]:
    """The binary in a file; several, for several machines, in a universal Mach-O file.

    Raises:
        BinaryError: It is no ELF, Mach-O or PE shared library, or a damaged one.
    """
    head = source.read(0, 8)
    if head.startswith(b"\x7fELF"):
        return [ElfImage(source)]
    if head.startswith(b"MZ"):
        return [PeImage(source)]
    if head[:4] in _MACHO:
        return [MachOImage(source)]
    if head[:4] in _UNIVERSAL:
        return _slices(source, head)
    raise BinaryError(f"this is {_other(source, head)}, not a shared library")


def _slices(source: ByteSource, head: bytes) -> list[Image]:
    count = int.from_bytes(head[4:8], "big")
    if count > _MOST_SLICES:
        raise BinaryError("this is a Java class file, not a shared library")
    layout = _UNIVERSAL[head[:4]]
    data = source.read(8, count * layout.size)
    slices = [_Slice(source, *record(layout, data, index * layout.size)) for index in range(count)]
    if not slices:
        raise BinaryError("this universal Mach-O file is empty")
    images: list[Image] = []
    for part in slices:
        if part.read(0, 4) not in _MACHO:
            raise BinaryError(f"a slice of this universal file is {_other(part, part.read(0, 8))}")
        images.append(MachOImage(part))
    return images


def _other(source: ByteSource, head: bytes) -> str:
    """What else it may be, for the message."""
    if not head:
        return "an empty file"
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            return name
    start = source.read(0, 256)
    # What stands at a library's name may be a script for the linker.
    return "text" if all(9 <= byte <= 13 or 32 <= byte < 127 for byte in start) else "unknown data"


class _Slice:
    """A part of a file that is a file in itself."""

    def __init__(self, source: ByteSource, offset: int, size: int) -> None:
        if offset + size > source.size:
            raise BinaryError("the file is cut short: a slice lies beyond its end")
        self._source = source
        self._offset = offset
        self.size = size

    def read(self, offset: int, size: int) -> bytes:
        """A part of the slice."""
        if not 0 <= offset < self.size:
            return b""
        return self._source.read(self._offset + offset, min(size, self.size - offset))
