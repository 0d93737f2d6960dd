"""The opcodes by which dyld rebases and binds (`LC_DYLD_INFO`)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal

from ungil.extensions.images.address_space import AddressSpace, contains
from ungil.extensions.images.image import Import
from ungil.extensions.images.macho_stream import Stream
from ungil.extensions.model import BinaryError

__all__ = ["OpcodeFixups"]

_MOST_REBASES = 1 << 22
_MOST_BINDINGS = 1 << 20
_POINTER = 1


class OpcodeFixups:
    """Rebased words hold their addresses in the file; bound ones are looked up by name."""

    def __init__(
        self,
        space: AddressSpace,
        segments: Sequence[int],
        word: Literal[4, 8],
        byte_order: Literal["little", "big"],
        *,
        rebases: bytes,
        bindings: bytes,
        lazy: bytes,
    ) -> None:
        self._space = space
        self._segments = segments
        self._word = word
        self._byte_order: Literal["little", "big"] = byte_order
        self._rebases = rebases
        self._bindings = bindings
        self._lazy = lazy

    def word(self, address: int, held: int) -> int | Import | None:
        """What the word there will hold; the file holds `held`."""
        if address not in self._bound:
            return held
        name, plain = self._bound[address]
        return Import(name) if plain else None

    def words_equal(self, value: int) -> Iterator[int]:
        """The rebased words that hold the address."""
        if not 0 <= value < 1 << (8 * self._word) or not self._rebased:
            return
        needle = value.to_bytes(self._word, self._byte_order)
        end = self._rebased[-1] + self._word
        for place in self._space.find(needle, self._rebased[0], end):
            if contains(self._rebased, place) and place not in self._bound:
                yield place

    def imported(self) -> Sequence[str]:
        """The names that are bound, at once or when first called."""
        return list(dict.fromkeys(name for name, _ in self._bound.values()))

    @cached_property
    def _rebased(self) -> Sequence[int]:
        places = array("Q")
        for run in _rebases(_Cursor(self._rebases, self._segments, self._word, _MOST_REBASES)):
            places.extend(run)
        return array("Q", sorted(places))

    @cached_property
    def _bound(self) -> Mapping[int, tuple[str, bool]]:
        """By place, the name and whether its plain address is put there."""
        found: dict[int, tuple[str, bool]] = {}
        for data, lazy in ((self._bindings, False), (self._lazy, True)):
            cursor = _Cursor(data, self._segments, self._word, _MOST_BINDINGS)
            for run, target in _bindings(cursor, lazy=lazy):
                found.update(dict.fromkeys(run, target))
        return found


class _Cursor:
    """Where the opcodes have got to."""

    def __init__(self, data: bytes, segments: Sequence[int], word: int, most: int) -> None:
        self.stream = Stream(data)
        self.word = word
        self._segments = segments
        self._place = 0
        self._left = most

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """The opcodes and their immediate values."""
        while self.stream:
            byte = self.stream.byte()
            yield byte & 0xF0, byte & 0x0F

    def move(self, segment: int) -> None:
        """Go to an offset in a segment."""
        if segment >= len(self._segments):
            raise _damaged()
        self._place = self._segments[segment]
        self.skip(self.stream.uleb())

    def skip(self, distance: int) -> None:
        """Go on; large distances go back."""
        self._place = (self._place + distance) % (1 << 64)

    def run(self, count: int, gap: int) -> range:
        """The next places, with a gap after each."""
        stride = (self.word + gap) % (1 << 64)
        if count == 1:  # the gap may lead back
            run = range(self._place, self._place + 1)
        elif 0 < stride < 1 << 63 and self._place + count * stride < 1 << 64:
            run = range(self._place, self._place + count * stride, stride)
        else:
            raise _damaged()
        self._left -= count
        if self._left < 0:
            raise _damaged()
        self.skip(count * stride)
        return run


def _rebases(cursor: _Cursor) -> Iterator[range]:
    stream = cursor.stream
    for opcode, immediate in cursor:
        match opcode:
            case 0x00:  # DONE
                return
            case 0x10:  # SET_TYPE_IMM: on 64 bits there are only pointers
                pass
            case 0x20:  # SET_SEGMENT_AND_OFFSET_ULEB
                cursor.move(immediate)
            case 0x30:  # ADD_ADDR_ULEB
                cursor.skip(stream.uleb())
            case 0x40:  # ADD_ADDR_IMM_SCALED
                cursor.skip(immediate * cursor.word)
            case _:
                yield _rebase(cursor, opcode, immediate)


def _rebase(cursor: _Cursor, opcode: int, immediate: int) -> range:
    stream = cursor.stream
    match opcode:
        case 0x50:  # DO_REBASE_IMM_TIMES
            return cursor.run(immediate, 0)
        case 0x60:  # DO_REBASE_ULEB_TIMES
            return cursor.run(stream.uleb(), 0)
        case 0x70:  # DO_REBASE_ADD_ADDR_ULEB
            return cursor.run(1, stream.uleb())
        case 0x80:  # DO_REBASE_ULEB_TIMES_SKIPPING_ULEB
            return cursor.run(stream.uleb(), stream.uleb())
    raise _damaged()


def _bindings(cursor: _Cursor, *, lazy: bool) -> Iterator[tuple[range, tuple[str, bool]]]:
    stream = cursor.stream
    name, kind, addend = "", _POINTER, 0
    for opcode, immediate in cursor:
        match opcode:
            case 0x00 if not lazy:  # DONE, which ends each one of the lazy ones
                return
            case 0x40:  # SET_SYMBOL_TRAILING_FLAGS_IMM
                name = stream.string().removeprefix(b"_").decode(errors="replace")
            case 0x50:  # SET_TYPE_IMM
                kind = immediate
            case 0x60:  # SET_ADDEND_SLEB
                addend = stream.sleb()
            case 0x90 | 0xA0 | 0xB0 | 0xC0:
                plain = kind == _POINTER and not addend
                yield _binding(cursor, opcode, immediate), (name, plain)
            case _:
                _bind_step(cursor, opcode, immediate)


def _binding(cursor: _Cursor, opcode: int, immediate: int) -> range:
    stream = cursor.stream
    match opcode:
        case 0x90:  # DO_BIND
            return cursor.run(1, 0)
        case 0xA0:  # DO_BIND_ADD_ADDR_ULEB
            return cursor.run(1, stream.uleb())
        case 0xB0:  # DO_BIND_ADD_ADDR_IMM_SCALED
            return cursor.run(1, immediate * cursor.word)
        case _:  # DO_BIND_ULEB_TIMES_SKIPPING_ULEB
            return cursor.run(stream.uleb(), stream.uleb())


def _bind_step(cursor: _Cursor, opcode: int, immediate: int) -> None:
    """What sets no symbol and binds nothing."""
    match opcode:
        case 0x00 | 0x10 | 0x30:  # DONE; SET_DYLIB_ORDINAL_IMM, SET_DYLIB_SPECIAL_IMM
            pass
        case 0x20:  # SET_DYLIB_ORDINAL_ULEB
            cursor.stream.uleb()
        case 0x70:  # SET_SEGMENT_AND_OFFSET_ULEB
            cursor.move(immediate)
        case 0x80:  # ADD_ADDR_ULEB
            cursor.skip(cursor.stream.uleb())
        case _:  # THREADED, of early arm64e
            raise BinaryError("threaded bindings are not read")


def _damaged() -> BinaryError:
    return BinaryError("the Mach-O rebase or binding table is damaged")
