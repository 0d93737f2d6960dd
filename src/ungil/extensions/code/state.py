"""One moment of one path through code that is followed without running it."""

from __future__ import annotations

from dataclasses import dataclass

from ungil.extensions.code.memory import Memory
from ungil.extensions.code.values import Comparison, Result, Stack, Value

__all__ = ["Frame", "State"]

_RED_ZONE = 128  # bytes below the stack pointer that a leaf function may use
_NOWHERE: frozenset[object] = frozenset()


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
        gil: What `PyUnstable_Module_SetGIL` was given last for each module.
        created: Has a single-phase module been created?
        missed: Has a function not been followed since then?
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
        "missed",
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
        self.gil: frozenset[tuple[Value, Value]] = frozenset()
        self.created = False
        self.missed = False
        self.failed = False
        self.nonnull: frozenset[Result] = frozenset()

    def declare(self, module: Value, gil: Value) -> None:
        """Note what is declared for a module from here on."""
        others = {entry for entry in self.gil if entry[0] != module}
        self.gil = frozenset(others | {(module, gil)})

    def copy(self) -> State:
        """An independent copy."""
        other = State(self.pc, self.memory.copy())
        other.registers = dict(self.registers)
        other.vectors = dict(self.vectors)
        other.flags = self.flags
        other.frames = self.frames
        other.gil = self.gil
        other.missed = self.missed
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
            and self.missed == other.missed
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
        both.missed = self.missed or other.missed
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


def _known(registers: dict[str, Value]) -> dict[str, Value]:
    return {k: v for k, v in registers.items() if v is not None}
