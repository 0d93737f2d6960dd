"""What code has stored, over what the image holds."""

from __future__ import annotations

from ungil.extensions.code.values import Half, Result, Somewhere, Stack, Thread, Value
from ungil.extensions.images.image import Image

__all__ = ["Memory"]

_REACH = 64  # bytes of the stack behind an address that somebody may write to


class Memory:
    """What was stored, over what the image holds.

    Bytes are kept in the pieces in which they were stored. A piece that is
    read in another shape than it was stored in is unknown, unless it is a
    number.

    Attributes:
        exposed: Addresses at or behind which somebody may have written, who
            knows how far: array elements of unknown index, and what was given
            to functions that are not followed.
    """

    __slots__ = ("_image", "_pieces", "exposed")

    def __init__(self, image: Image) -> None:
        self._image = image
        # (on the stack?, address) -> (size, value)
        self._pieces: dict[tuple[bool, int], tuple[int, Value]] = {}
        self.exposed: frozenset[int] = frozenset()

    def copy(self) -> Memory:
        """An independent copy."""
        other = Memory(self._image)
        other._pieces = dict(self._pieces)
        other.exposed = self.exposed
        return other

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Memory)
            and self._pieces == other._pieces
            and self.exposed == other.exposed
        )

    __hash__ = None  # type: ignore[assignment] # it changes; mypy knows no such declaration

    def store(self, address: Value, size: int, value: Value) -> None:
        """Store; at a wholly unknown address nothing happens.

        Stores through pointers that are not known at all are taken to go
        elsewhere: otherwise nothing could ever be said after the first of them.
        """
        key = _key(address)
        if key is None:
            if isinstance(address, Somewhere):
                self.expose(address.base)
            return
        stack, start = key
        self._forget(stack, start, size)
        if isinstance(value, Half):
            self._pieces[stack, start] = (min(size, 4), value.number & ((1 << (8 * size)) - 1))
            if size > 4:
                self._pieces[stack, start + 4] = (size - 4, None)
            return
        if isinstance(value, int):
            value &= (1 << (8 * size)) - 1
        self._pieces[stack, start] = (size, value)

    def expose(self, address: Value) -> None:
        """Somebody may write there or behind it."""
        if isinstance(address, Somewhere):
            address = address.base
        if isinstance(address, int):
            self.exposed |= {address}
            self.store(address, 8, None)
        else:
            self.forget(address, _REACH)

    def forget(self, address: Value, size: int) -> None:
        """Somebody else may write there."""
        key = _key(address)
        if key is not None:
            stack, start = key
            for (where, first), (length, _) in list(self._pieces.items()):
                if where == stack and first < start + size and start < first + length:
                    self._pieces[where, first] = (length, None)

    def load(self, address: Value, size: int) -> Value:
        """What is there; None if that is not known."""
        if isinstance(address, Thread):
            return address
        key = _key(address)
        if key is None:
            return None
        piece = self._pieces.get(key)
        if piece is not None and piece[0] == size:
            return piece[1]
        stack, start = key
        over = [
            (first, *piece)
            for first in range(start - 15, start + size)
            if (piece := self._pieces.get((stack, first))) and first + piece[0] > start
        ]
        if not over:
            return None if stack else self._held(start, size)
        return self._part(stack, start, size, over[0])

    def _part(self, stack: bool, start: int, size: int, over: tuple[int, int, Value]) -> Value:
        """What is read of the first piece that lies there, if it is a number."""
        first, length, value = over
        if first > start or not isinstance(value, int):
            return None
        if first + length < start + size:
            half = size == 8 and first == start and length == 4
            return self._whole(stack, start, value) if half else None
        return (value >> (8 * (start - first))) & ((1 << (8 * size)) - 1)

    def _whole(self, stack: bool, start: int, low: int) -> Value:
        high = self._pieces.get((stack, start + 4))
        if high is None or high[0] != 4 or not isinstance(high[1], int):
            return Half(low)
        return low | high[1] << 32

    def stored(self, address: int, size: int) -> bool:
        """Has anything been stored there?"""
        return any(
            (piece := self._pieces.get((False, first))) is not None and first + piece[0] > address
            for first in range(address - 15, address + size)
        )

    def join(self, other: Memory) -> Memory:
        """What holds in both."""
        joined = {
            key: self._pieces[key]
            if self._pieces.get(key) == other._pieces.get(key)
            else ((self._pieces.get(key) or other._pieces[key])[0], None)
            for key in self._pieces.keys() | other._pieces.keys()
        }
        memory = Memory(self._image)
        memory._pieces = joined
        memory.exposed = self.exposed | other.exposed
        return memory

    def shrink(self, top: int) -> None:
        """Forget what is on the stack below `top`."""
        for key in [k for k in self._pieces if k[0] and k[1] < top]:
            del self._pieces[key]

    def results(self) -> set[Result]:
        """The results of calls that are held somewhere."""
        return {value for _, value in self._pieces.values() if isinstance(value, Result)}

    def holders(self, callees: frozenset[str]) -> set[object]:
        """The addresses that hold a result of one of these functions."""
        return {
            key
            for key, (_, value) in self._pieces.items()
            if isinstance(value, Result) and value.callee in callees
        }

    def replace(self, old: Result, new: Value) -> None:
        """Put another value wherever `old` is held."""
        for key, (size, value) in self._pieces.items():
            if value == old:
                self._pieces[key] = (size, new)

    def _forget(self, stack: bool, start: int, size: int) -> None:
        for first in range(start - 15, start + size):
            piece = self._pieces.get((stack, first))
            if piece is None or first + piece[0] <= start:
                continue
            length, value = self._pieces.pop((stack, first))
            # What sticks out on either side stays, as far as it is a number.
            if first < start:
                low = value & ((1 << 8 * (start - first)) - 1) if isinstance(value, int) else None
                self._pieces[stack, first] = (start - first, low)
            if first + length > start + size:
                rest = first + length - start - size
                high = value >> (8 * (length - rest)) if isinstance(value, int) else None
                self._pieces[stack, start + size] = (rest, high)

    def _held(self, address: int, size: int) -> Value:
        if size == self._image.bits // 8:
            return self._image.word(address)
        data = self._image.bytes_at(address, size)
        return None if data is None else int.from_bytes(data, self._image.byte_order)


def _key(address: Value) -> tuple[bool, int] | None:
    if isinstance(address, int):
        return False, address
    return (True, address.offset) if isinstance(address, Stack) else None
