"""A part of an exploration, and what was found in it, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ungil.races.candidate import Place
    from ungil.races.schedule.strategies.dpor import NodeData

__all__ = ["Found", "Piece"]

Found = dict[str, Any]
"""What was found, as JSON has it: the attributes of an `Exploration`, where `failure` has a
`traceback` and no `error`, and of a piece those that `carrying` adds; or why nothing was: a
`problem`, which may be that something `wrong` is asked for, or where it is `hung`, with the
number of `executions` before."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an exploration, which any process can carry out, as often as need be.

    Attributes:
        number: Which it is.
        strategy: The name of one.
        schedules: How many at most.
        seconds: How long at most.
        seed: Of what is drawn.
        shared: Places that touch what threads share, as far as is known.
        threads: The most threads that an execution had so far, and
        choices: the most choices.
        nodes: For `dpor`, what is left to try, and
        base: how many of these choices stay as they are.
    """

    number: int
    strategy: str
    schedules: int
    seconds: float
    seed: int = 0
    shared: tuple[Place, ...] = ()
    threads: int = 1
    choices: int = 1
    nodes: tuple[NodeData, ...] = ()
    base: int = 0
