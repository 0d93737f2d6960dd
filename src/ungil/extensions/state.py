"""What is known of a processor while code is followed without running it.

Abstract interpretation over constants: a value is a number, an import's
address, an address on the stack, the result of a call, or unknown (None).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ungil.extensions.image import Image, Import

__all__ = [
    "Comparison",
    "Frame",
    "Half",
    "Memory",
    "Result",
    "Stack",
    "State",
    "Thread",
    "Value",
    "evaluate",
    "mix",
    "plus",
]

_MASK = (1 << 64) - 1
_RED_ZONE = 128  # bytes below the stack pointer that a leaf function may use


@dataclass(frozen=True, slots=True)
class Stack:
    """An address on the stack, relative to the stack pointer at entry."""

    offset: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returned; the same call site always gives the same one.

    Attributes:
        site: Address of the call.
        callee: The import's name, empty for a function of the image itself.
        argument: The first argument, where it matters (a module definition).
    """

    site: int
    callee: str
    argument: int | None = None


@dataclass(frozen=True, slots=True)
class Cookie:
    """A number mixed with a stack address by exclusive or, to guard a frame."""

    number: int
    stack: Stack


@dataclass(frozen=True, slots=True)
class Thread:
    """Something of the running thread's own, or a pointer to it (Windows)."""


@dataclass(frozen=True, slots=True)
class Half:
    """Eight bytes of which only the lower four are known.

    So a slot is copied whose id is an `int` with padding behind it.
    """

    number: int


@dataclass(frozen=True, slots=True)
class Somewhere:
    """An address at or behind a known one, e.g. an array's element of unknown index."""

    base: int | Stack


Value = int | Import | Stack | Result | Cookie | Thread | Half | Somewhere | None

_LEAST_ADDRESS = 4096  # no image has data before it, so a lesser number is none
_REACH = 64  # bytes of the stack behind an address that somebody may write to


def mix(left: Value, right: Value) -> Value:
    """The exclusive or, where it is known."""
    if isinstance(left, Stack | Cookie) and not isinstance(right, Stack):
        left, right = right, left
    if isinstance(left, int) and isinstance(right, int):
        return left ^ right
    if isinstance(left, int) and isinstance(right, Stack):
        return Cookie(left, right)
    if isinstance(left, Cookie) and left.stack == right:
        return left.number
    return None


def plus(value: Value, number: Value) -> Value:
    """The sum, where it is known."""
    if isinstance(value, int) and isinstance(number, int):
        return (value + number) & _MASK
    if isinstance(value, int) and number is not None:
        value, number = number, value
    if isinstance(value, Stack) and isinstance(number, int):
        return Stack(value.offset + _signed(number, 8))
    if isinstance(value, Thread | Somewhere):
        return value
    base = value if value is not None else number
    if isinstance(base, Stack) or (isinstance(base, int) and base >= _LEAST_ADDRESS):
        return Somewhere(base)
    return None


def _signed(number: int, size: int) -> int:
    half = 1 << (8 * size - 1)
    return ((number + half) & (2 * half - 1)) - half


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the flags hold: `left - right`, both of `size` bytes."""

    left: Value
    right: Value
    size: int


_TESTS: dict[str, Callable[[int, int], bool]] = {
    "mi": lambda a, b: a < b,
    "pl": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


def evaluate(condition: str, flags: Comparison | None, nonnull: frozenset[Result]) -> bool | None:
    """Does the condition hold? None if that is not known.

    Args:
        condition: `eq`, `ne`, `lt`, `le`, `gt`, `ge`, the last four also with
            `u` in front for unsigned, and `mi`, `pl` for a difference that is
            negative or not (overflow aside); anything else is not known.
        flags: What was compared.
        nonnull: Results that are known not to be zero.
    """
    if flags is None:
        return None
    left, right = flags.left, flags.right
    if isinstance(left, int) and isinstance(right, int):
        mask = (1 << (8 * flags.size)) - 1
        left, right = left & mask, right & mask
        if condition in {"eq", "ne"}:
            return (left == right) == (condition == "eq")
        if condition.startswith("u") and condition[1:] in _TESTS:
            return _TESTS[condition[1:]](left, right)
        if condition in _TESTS:
            return _TESTS[condition](_signed(left, flags.size), _signed(right, flags.size))
        return None
    if isinstance(left, int) and isinstance(right, Thread) and condition in {"gt", "le"}:
        # Microsoft's guard of a static variable (thread_safe_statics.cpp): zero
        # before the first time, and the thread's epoch starts at the least number.
        return condition == "gt"
    if condition not in {"eq", "ne"}:
        return None
    if left is not None and left == right:
        return condition == "eq"
    never_null = isinstance(left, Import | Stack) or left in nonnull
    if right == 0 and flags.size == 8 and never_null:
        return condition == "ne"
    return None


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

    __hash__ = None  # type: ignore[assignment]

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
        stack, start = key
        piece = self._pieces.get(key)
        if piece is not None and piece[0] == size:
            return piece[1]
        for first in range(start - 15, start + size):
            piece = self._pieces.get((stack, first))
            if piece is None or first + piece[0] <= start:
                continue
            length, value = piece
            if first > start or not isinstance(value, int):
                return None
            if first + length < start + size:
                half = size == 8 and first == start and length == 4
                return self._whole(stack, start, value) if half else None
            return (value >> (8 * (start - first))) & ((1 << (8 * size)) - 1)
        return None if stack else self._held(start, size)

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


@dataclass(frozen=True, slots=True)
class Frame:
    """A call that has not returned: where to, with which stack pointer, into what."""

    back: int
    pointer: Value
    callee: int


class State:
    """One moment of one path through the code.

    Attributes:
        pc: Address of the next instruction.
        registers: By canonical name; an absent one is unknown.
        vectors: Likewise, as a low and a high half of 8 bytes.
        memory: What was stored.
        flags: The last comparison; None if not known.
        frames: Calls into the image's own functions.
        gil: The last value given to `PyUnstable_Module_SetGIL`: 0 or 1,
            None before, -1 if it is not known.
        module: The module it was given for.
        created: Has a single-phase module been created?
        failed: Is an exception set?
        nonnull: Results known not to be zero on this path.
    """

    __slots__ = (
        "created",
        "failed",
        "flags",
        "frames",
        "gil",
        "memory",
        "module",
        "nonnull",
        "pc",
        "registers",
        "vectors",
    )

    def __init__(self, pc: int, memory: Memory) -> None:
        self.pc = pc
        self.registers: dict[str, Value] = {}
        self.vectors: dict[str, tuple[Value, Value]] = {}
        self.memory = memory
        self.flags: Comparison | None = None
        self.frames: tuple[Frame, ...] = ()
        self.gil: int | None = None
        self.module: Value = None
        self.created = False
        self.failed = False
        self.nonnull: frozenset[Result] = frozenset()

    def copy(self) -> State:
        """An independent copy."""
        other = State(self.pc, self.memory.copy())
        other.registers = dict(self.registers)
        other.vectors = dict(self.vectors)
        other.flags = self.flags
        other.frames = self.frames
        other.gil = self.gil
        other.module = self.module
        other.created = self.created
        other.failed = self.failed
        other.nonnull = self.nonnull
        return other

    def same(self, other: State) -> bool:
        """Does everything that is known agree?"""
        return (
            _known(self.registers) == _known(other.registers)
            and self.vectors == other.vectors
            and self.flags == other.flags
            and self.nonnull == other.nonnull
            and self.memory == other.memory
        )

    def join(self, other: State) -> State:
        """What holds on both paths, which are at the same place."""
        both = self.copy()
        both.registers = {
            k: v for k, v in self.registers.items() if v is not None and other.registers.get(k) == v
        }
        both.vectors = {k: v for k, v in self.vectors.items() if other.vectors.get(k) == v}
        both.flags = self.flags if self.flags == other.flags else None
        both.nonnull = self.nonnull & other.nonnull
        both.module = self.module if self.module == other.module else None
        both.created = self.created or other.created
        both.memory = self.memory.join(other.memory)
        return both

    def tidy(self, pointer: str) -> None:
        """Forget what can no longer matter, so that more states are the same."""
        top = self.registers.get(pointer)
        if isinstance(top, Stack):
            self.memory.shrink(top.offset - _RED_ZONE)
        if self.nonnull:
            held = {v for v in self.registers.values() if isinstance(v, Result)}
            self.nonnull &= held | self.memory.results()

    def holders(self, callees: frozenset[str]) -> frozenset[object]:
        """Where a result of one of these functions is held."""
        held: set[object] = {
            name
            for name, value in self.registers.items()
            if isinstance(value, Result) and value.callee in callees
        }
        return frozenset(held | self.memory.holders(callees)) if self.created else _NOWHERE

    def assume(self, flags: Comparison | None, equal: bool) -> None:
        """Take what a comparison with zero says about a call's result."""
        if flags is None or flags.right != 0 or not isinstance(flags.left, Result):
            return
        if not equal:
            self.nonnull |= {flags.left}
            self.failed = self.failed or flags.left.callee == "PyErr_Occurred"
            return
        result = flags.left
        for name, value in self.registers.items():
            if value == result:
                self.registers[name] = 0
        self.memory.replace(result, 0)


_NOWHERE: frozenset[object] = frozenset()


def _known(registers: dict[str, Value]) -> dict[str, Value]:
    return {k: v for k, v in registers.items() if v is not None}
