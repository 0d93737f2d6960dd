"""The numbers and strings of dyld's packed tables."""

from __future__ import annotations

from ungil.extensions.model import BinaryError

__all__ = ["Stream"]

# 64 bits, seven to a byte.
_LONGEST_NUMBER = 10


class Stream:
    """Reads them one after another; every method raises BinaryError at the end."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self.position = position

    def __bool__(self) -> bool:
        return self.position < len(self._data)

    def byte(self) -> int:
        """One byte."""
        if not 0 <= self.position < len(self._data):
            raise BinaryError("one of dyld's tables is damaged")
        byte = self._data[self.position]
        self.position += 1
        return byte

    def uleb(self) -> int:
        """An unsigned number in LEB128 (DWARF 5, section 7.6), modulo 2 ** 64."""
        value = 0
        for index in range(_LONGEST_NUMBER):
            byte = self.byte()
            value |= (byte & 127) << (7 * index)
            if byte < 128:
                return value & 0xFFFFFFFFFFFFFFFF
        raise BinaryError("one of dyld's tables is damaged")

    def sleb(self) -> int:
        """A signed one."""
        value = 0
        for index in range(_LONGEST_NUMBER):
            byte = self.byte()
            value |= (byte & 127) << (7 * index)
            if byte < 128:
                return value - (1 << (7 * index + 7)) if byte & 64 else value
        raise BinaryError("one of dyld's tables is damaged")

    def string(self) -> bytes:
        """What comes before the next zero byte."""
        end = self._data.find(b"\0", self.position)
        if end < 0:
            raise BinaryError("one of dyld's tables is damaged")
        text = self._data[self.position : end]
        self.position = end + 1
        return text
