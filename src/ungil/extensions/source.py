"""Bytes that are read where they are needed."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Protocol, Self

from ungil.extensions.model import BinaryError

__all__ = ["ByteSource", "InMemory", "Mapped"]


class ByteSource(Protocol):
    """A file's bytes, perhaps far away: only what is read gets fetched."""

    @property
    def size(self) -> int:
        """Of the whole file, in bytes."""

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`; fewer where the file ends.

        Raises:
            BinaryError: The bytes cannot be had (damaged, refused, gone).
        """


class InMemory:
    """Bytes that are there already."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, offset: int, size: int) -> bytes:
        """A part of them."""
        return self._data[offset : offset + size] if offset >= 0 and size > 0 else b""


class Mapped:
    """A file of this machine, mapped; a context manager."""

    def __init__(self, path: Path) -> None:
        """Map the file.

        Raises:
            BinaryError: It is empty or no regular file.
            OSError: It cannot be opened.
        """
        if not path.is_file():
            raise BinaryError("not a regular file")
        with path.open("rb") as file:
            try:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError:
                raise BinaryError("the file is empty") from None
        self.size = len(self._map)

    def read(self, offset: int, size: int) -> bytes:
        """A part of the file."""
        return self._map[offset : offset + size] if offset >= 0 and size > 0 else b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._map.close()
