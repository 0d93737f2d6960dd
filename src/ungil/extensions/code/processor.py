"""What following code needs of a processor: one instruction at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from capstone import CsInsn

from ungil.extensions.code.state import State
from ungil.extensions.code.values import Comparison, Value

__all__ = ["Branch", "Call", "Choose", "Flow", "Jump", "Processor", "Return"]


@dataclass(frozen=True, slots=True)
class Branch:
    """To `target` if `condition` holds of `compared`, else on."""

    target: int
    condition: str
    compared: Comparison | None


@dataclass(frozen=True, slots=True)
class Jump:
    """To `target`, whatever it is."""

    target: Value


@dataclass(frozen=True, slots=True)
class Call:
    """Into `target`, and back behind the call."""

    target: Value


@dataclass(frozen=True, slots=True)
class Return:
    """Back to whoever called."""


@dataclass(frozen=True, slots=True)
class Choose:
    """Put one of two values into a register, by `condition` of `compared`."""

    register: str
    condition: str
    compared: Comparison | None
    if_true: Value
    if_false: Value


Flow = Branch | Jump | Call | Return | Choose
"""Where it goes on; nothing for the next instruction."""


class Processor(Protocol):
    """One instruction set, with the calling convention of one platform.

    Attributes:
        arguments: Registers of the first arguments, in order.
        result: Register of what a function returns.
        pointer: The stack pointer.
        scratch: Registers that a called function may change.
        fixed: What some registers hold from the start.
    """

    arguments: Sequence[str]
    result: str
    pointer: str
    scratch: frozenset[str]
    fixed: Mapping[str, Value]

    def decode(self, code: bytes, address: int) -> list[CsInsn]:
        """The instructions at an address, up to the first that is none."""

    def step(self, state: State, instruction: CsInsn) -> Flow | None:
        """Do one instruction; `pc` is the caller's to move."""
