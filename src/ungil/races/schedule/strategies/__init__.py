"""Who runs next? A strategy says so at each choice, and whether there is another execution.

Random choice; PCT (S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte, "A Randomized
Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010); POS (X. Yuan, J.
Yang, R. Gu, "Partial Order Aware Concurrency Sampling", CAV 2018); and what was recorded,
once more. The exhaustive one is in `dpor`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from operator import attrgetter
from random import Random
from typing import TYPE_CHECKING, Protocol

from ungil.races.schedule.threads import Thread, conflict

if TYPE_CHECKING:
    from ungil.races.schedule.world import World

__all__ = ["PATIENCE", "Follow", "Pct", "Pos", "RandomWalk", "Replay", "Strategy"]

PATIENCE = 50
"""A thread that was chosen so often in a row, while others could go on, spins."""

_PRIORITY = attrgetter("priority")


class Strategy(Protocol):
    """Chooses."""

    def another(self) -> bool:
        """Begin another execution, if there is one."""

    def choose(self, ready: Sequence[Thread], current: Thread, world: World) -> Thread | None:
        """Who goes on, of two or more; None if it would all be as it was before.

        Args:
            ready: Who can go on, in the order in which they were started.
            current: Who ran until now, whether it can go on or not.
            world: The execution.
        """

    def ended(self, world: World) -> None:
        """An execution has ended."""


class RandomWalk:
    """Chooses uniformly."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - nothing secret hangs on it

    def another(self) -> bool:
        """There always is one."""
        return True

    def choose(self, ready: Sequence[Thread], current: Thread, world: World) -> Thread:  # noqa: ARG002 - as the Protocol has it
        """Whoever comes up."""
        return ready[int(self._random.random() * len(ready))]

    def ended(self, world: World) -> None:
        """Nothing is learnt."""


class Pct:
    """Random priorities, which change at few random moments.

    With n threads and at most k choices in all, it finds a bug that needs d orderings with
    a probability of at least 1/(n * k**(d - 1)) in each execution (theorem of the paper).
    At d - 1 moments whoever runs gets a priority below the others, in any order among those
    who got one so before. One of the k moments is after the end, where nothing changes any
    more: or else the few choices of a small program would always be made in the same way.

    Attributes:
        depth: d, the number of orderings that a bug may need.
        threads: The most threads that an execution had.
        choices: The most choices that one had.
    """

    def __init__(self, seed: int, depth: int = 3) -> None:
        self._random = Random(seed)  # noqa: S311 - nothing secret hangs on it
        self.depth = depth
        self.threads = 1
        self.choices = 1
        self._moments: list[int] = []
        self._given: list[float] = []
        self._lowest = 0.0

    @property
    def bound(self) -> float:
        """The probability, in each execution, for the size of those so far."""
        return 1 / self.threads / float((self.choices + 1) ** (self.depth - 1))

    def another(self) -> bool:
        """There always is one; where priorities change is drawn now."""
        self._lowest = 0.0
        draw, moments = self._random.random, self.choices + 1
        self._moments = [int(draw() * moments) for _ in range(self.depth - 1)]
        self._given = []
        return True

    def choose(self, ready: Sequence[Thread], current: Thread, world: World) -> Thread:
        """Whoever has the highest priority; nobody asks as long as none changes."""
        choices = world.choices
        now = len(choices)
        if current.pauses or (now >= PATIENCE and {*choices[-PATIENCE:]} == {current.path}):
            current.priority = self._below_all()
        elif now in self._moments:
            current.priority = self._below_others()
        for one in ready:
            if isnan(one.priority):
                one.priority = 1 + self._random.random()
        until = now + PATIENCE
        for moment in self._moments:
            if now < moment < until:
                until = moment
        world.asks_from = until
        return max(ready, key=_PRIORITY)

    def _below_all(self) -> float:
        self._lowest -= 1
        return self._lowest

    def _below_others(self) -> float:
        """Below all, or as soon above one of those that got theirs at an earlier moment."""
        rank = int(self._random.random() * (len(self._given) + 1))
        if rank == 0:
            priority = self._below_all()
        else:
            lower = self._given[rank - 1]
            upper = self._given[rank] if rank < len(self._given) else lower + 1
            priority = (lower + upper) / 2
        self._given.insert(rank, priority)
        return priority

    def ended(self, world: World) -> None:
        """Learn how large an execution is."""
        self.threads = max(self.threads, len(world.threads))
        self.choices = max(self.choices, len(world.choices))


class Pos:
    """Random priorities of what the threads do next, drawn anew among what conflicts."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - nothing secret hangs on it
        self._priorities: dict[str, float] = {}

    def another(self) -> bool:
        """There always is one."""
        self._priorities = {}
        return True

    def choose(self, ready: Sequence[Thread], current: Thread, world: World) -> Thread:  # noqa: ARG002 - as the Protocol has it
        """Whoever's next operation has the highest priority."""
        priorities, draw = self._priorities, self._random.random
        for one in ready:
            if one.path not in priorities:
                priorities[one.path] = draw()
        chosen = max(ready, key=lambda one: priorities[one.path])
        for one in ready:
            if one is chosen or conflict(one.pending, chosen.pending):
                priorities.pop(one.path)
        return chosen

    def ended(self, world: World) -> None:
        """Nothing is learnt."""


class Replay:
    """Chooses as it was chosen before.

    Attributes:
        diverged: Where it could not, in words; empty if it could.
    """

    def __init__(self, choices: Sequence[str], *, strict: bool) -> None:
        """Prepare it.

        Args:
            choices: The paths of those to choose, one after the other.
            strict: Is it told if one of them cannot go on? Else who ran goes on, or the
                first that can.
        """
        self._choices = choices
        self._strict = strict
        self._done = False
        self.diverged = ""

    def another(self) -> bool:
        """There is one."""
        done, self._done = self._done, True
        return not done

    def choose(self, ready: Sequence[Thread], current: Thread, world: World) -> Thread:
        """Whoever was chosen then."""
        number = len(world.choices)
        wanted = self._choices[number] if number < len(self._choices) else None
        chosen = _chosen_again(wanted, ready, current)
        if self._strict and wanted not in {None, chosen.path} and not self.diverged:
            self.diverged = f"choice {number + 1} was thread {wanted}, which cannot go on here"
        return chosen

    def ended(self, world: World) -> None:
        """Were there as many choices as then?"""
        if self._strict and not self.diverged and len(world.choices) != len(self._choices):
            self.diverged = f"there were {len(world.choices)} choices, not {len(self._choices)}"


class Follow:
    """Chooses as it was chosen before, though more is known to be shared now.

    So there are more choices. At those that there were not, whoever runs goes on, as it did
    then. How far an execution is, is told by how often something was used in it.
    """

    def __init__(self, choices: Sequence[str], used: Sequence[int]) -> None:
        """Prepare it.

        Args:
            choices: The paths of those to choose, one after the other.
            used: How often something had been used, before each of them.
        """
        self._choices = choices
        self._used = used
        self._next = 0
        self._seen = 0
        self._now = 0
        self._done = False

    def another(self) -> bool:
        """There is one."""
        done, self._done = self._done, True
        return not done

    def choose(self, ready: Sequence[Thread], current: Thread, world: World) -> Thread:
        """Whoever was chosen then, or went on."""
        for segment in world.segments[self._seen :]:
            self._now += len(segment.accesses)
        self._seen = len(world.segments)
        while self._next < len(self._used) and self._used[self._next] < self._now:
            self._next += 1
        wanted = None
        if self._next < len(self._used) and self._used[self._next] == self._now:
            wanted = self._choices[self._next]
            self._next += 1
        return _chosen_again(wanted, ready, current)

    def ended(self, world: World) -> None:
        """Nothing is learnt."""


def _chosen_again(wanted: str | None, ready: Sequence[Thread], current: Thread) -> Thread:
    """A thread that was chosen before, or whoever runs if it cannot go on."""
    for one in ready:
        if one.path == wanted:
            return one
    # Who waits for time to pass lets others go on, or it might wait for ever.
    if current in ready and not current.pauses:
        return current
    return next((one for one in ready if one is not current), ready[0])
