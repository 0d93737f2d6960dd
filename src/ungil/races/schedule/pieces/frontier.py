"""What of an exploration is left to do, in pieces that do not need each other.

Of what is drawn, a piece is a seed. Of all schedules that differ, it is what is left below some
first choices. Who explores it asks for what is to be tried at one of those choices, and it is
decided here, since others may have asked for the same: whoever was tried there before sleeps in
what is tried after it (after J. Simsa, R. Bryant, G. Gibson, J. Hickey, "Scalable Dynamic
Partial Order Reduction", RV 2012).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from random import Random
from typing import Protocol

from ungil.races.candidate import Place
from ungil.races.schedule.pieces.piece import Found, Piece
from ungil.races.schedule.strategies.dpor import Node, NodeData

__all__ = ["Frontier", "Seeds", "Subtrees", "frontier"]


class Frontier(Protocol):
    """Hands out pieces."""

    @property
    def complete(self) -> bool:
        """Has all that there is been explored?"""

    def take(self, idle: int, seconds: float) -> list[Piece]:
        """Pieces for those who have nothing to do; none if there are none at present.

        Args:
            idle: How many at most.
            seconds: How long they may take.
        """

    def merge(self, piece: Piece, found: Found) -> None:
        """A piece has been carried out, and did not fail."""


def frontier(strategy: str, schedules: int, seed: int) -> Frontier:
    """All that there is to do.

    Args:
        strategy: The name of one.
        schedules: How many at most.
        seed: Of what is drawn.
    """
    return Subtrees(schedules) if strategy == "dpor" else Seeds(strategy, schedules, seed)


SEED = 64
"""Schedules of one seed."""

TURN = 0.1
"""Seconds that one explores until it is asked whether it has something for others."""


def _places(found: Found) -> set[Place]:
    return {(path, line, text) for path, line, text in found["shared"]}


class Seeds:
    """Pieces of what is drawn.

    They are handed out in rounds: one piece, two, four, and so on. All of a round are told
    what those before it have learnt. So what is found hangs on the seed, and not on who is
    quicker.

    Attributes:
        complete: There always is more.
    """

    complete = False

    def __init__(self, strategy: str, schedules: int, seed: int) -> None:
        self._schedules = schedules
        self._number = 0
        self._out = 0
        self._learnt = self._told = Piece(0, strategy, 0, 0, seed)

    def take(self, idle: int, seconds: float) -> list[Piece]:
        """The next ones of this round."""
        pieces: list[Piece] = []
        while len(pieces) < idle and (left := self._schedules - self._number * SEED) > 0:
            number, seed = self._number, self._learnt.seed
            if number & (number + 1) == 0:  # of those before it there were 1 + 2 + 4 + ...
                if self._out:
                    break
                self._told = self._learnt
            if number:
                seed = Random(f"{seed}/{number}").getrandbits(64)  # noqa: S311 - nothing secret hangs on it
            pieces.append(
                replace(
                    self._told,
                    number=number,
                    schedules=min(SEED, left),
                    seconds=seconds,
                    seed=seed,
                )
            )
            self._number += 1
            self._out += 1
        return pieces

    def merge(self, piece: Piece, found: Found) -> None:  # noqa: ARG002 - as the Protocol has it
        """What it has learnt is told to the next round."""
        self._out -= 1
        self._learnt = replace(
            self._learnt,
            shared=tuple(sorted({*self._learnt.shared, *_places(found)})),
            threads=max(self._learnt.threads, found["threads"]),
            choices=max(self._learnt.choices, found["choices"]),
        )


@dataclass(slots=True, eq=False)
class _Subtree:
    """What is left to try below some choices.

    Attributes:
        above: These choices; each is held in common by all whose choices begin alike.
        path: Who is chosen there.
        asleep: Whom to choose was in vain, at the last of them, when this was handed out.
        below: What is left to try; nothing if nobody has been there.
    """

    above: tuple[Node, ...] = ()
    path: tuple[str, ...] = ()
    asleep: dict[str, bool] = field(default_factory=dict)
    below: list[NodeData] = field(default_factory=list)

    def nodes(self) -> tuple[NodeData, ...]:
        """As one process has them that explores nothing else."""
        nodes: list[NodeData] = [
            (node.ready, {}, node.todo, {}, chosen)
            for node, chosen in zip(self.above, self.path, strict=True)
        ]
        if nodes:
            ready, _, todo, _, chosen = nodes[-1]
            nodes[-1] = (ready, self.asleep, todo, {}, chosen)
        return (*nodes, *self.below)


class Subtrees:
    """Pieces of all that differ.

    A piece comes back when its time is over, and is given on as it is; if somebody has
    nothing to do, it is divided at the first of its choices where more than one thread is
    left to try. If more turns out to be shared, all begins anew.
    """

    def __init__(self, schedules: int) -> None:
        self._left = schedules
        self._number = 0
        self._waiting = deque([_Subtree()])
        self._out: dict[int, _Subtree] = {}
        self._shared: set[Place] = set()

    @property
    def complete(self) -> bool:
        """Is nothing left, here and elsewhere?"""
        return not self._waiting and not self._out

    def take(self, idle: int, seconds: float) -> list[Piece]:
        """What waits, divided until there is enough of it."""
        self._divide(idle)
        pieces: list[Piece] = []
        while len(pieces) < idle and self._waiting and self._left:
            subtree = self._waiting.popleft()
            piece = Piece(
                self._number,
                "dpor",
                -(-self._left // (idle - len(pieces))),
                min(seconds, TURN),
                shared=tuple(sorted(self._shared)),
                nodes=subtree.nodes(),
                base=len(subtree.above),
            )
            self._left -= piece.schedules
            self._out[self._number] = subtree
            self._number += 1
            pieces.append(piece)
        return pieces

    def _divide(self, wanted: int) -> None:
        whole = deque(self._waiting)
        while whole and len(self._waiting) < wanted:
            subtree = whole.popleft()
            nodes = [Node(*one) for one in subtree.below]
            at = next((at for at, node in enumerate(nodes) if node.left), None)
            if at is None:
                continue  # nobody has been there
            above = (*subtree.above, *nodes[: at + 1])
            path = (*subtree.path, *(node.chosen for node in nodes[: at + 1]))
            self._waiting.remove(subtree)
            if any(node.left for node in nodes[at + 1 :]):
                rest = _Subtree(above, path, below=subtree.below[at + 1 :])
                self._waiting.append(rest)
                whole.append(rest)
            self._hand_out(above, path[:-1])

    def _hand_out(self, above: tuple[Node, ...], path: tuple[str, ...]) -> None:
        """At the last of some choices the next one is to be tried, by anybody.

        What the one before it does there has to be known, since that one sleeps.
        """
        node = above[-1]
        if node.chosen in node.done and node.left:
            node.chosen = node.left[0]
            asleep = {**node.sleep, **node.done}
            self._waiting.append(_Subtree(above, (*path, node.chosen), asleep))

    def merge(self, piece: Piece, found: Found) -> None:
        """What is left of it, and what it asks for, waits."""
        self._left += piece.schedules - found["runs"]
        subtree = self._out.pop(piece.number, None)
        new = _places(found) - self._shared
        self._shared |= new
        if found["outdated"] or (subtree is None and new):
            self._out.clear()
            self._waiting = deque([_Subtree()])
        elif subtree is not None:
            if subtree.above:
                subtree.above[-1].done[subtree.path[-1]] = found["does_more"]
                self._hand_out(subtree.above, subtree.path[:-1])
            for depth, initials in found["asked"]:
                subtree.above[depth].try_one_of(initials)
                self._hand_out(subtree.above[: depth + 1], subtree.path[:depth])
            if not found["complete"]:
                subtree.below = [(*one,) for one in found["rest"]]
                self._waiting.appendleft(subtree)
