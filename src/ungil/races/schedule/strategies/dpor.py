"""Every execution that differs from the others in what it computes, once.

Two executions that differ only in the order of steps that do not conflict compute the
same, so one of them is enough. After each execution the pairs of conflicting steps that
nothing orders are sought; for each, the other order is put on the list of what to try
before the first of the two (*source sets*, P. Abdulla, S. Aronis, B. Jonsson, K. Sagonas,
"Optimal Dynamic Partial Order Reduction", POPL 2014, algorithm 1). What was tried there
already *sleeps* in what is tried after it, until something conflicts with it (P.
Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996).

A step is a segment: what a thread does between two choices.

What is left to try is plain data, so a part of it can be explored elsewhere: below the first
`base` choices. What is to be tried at one of those is asked for; see `frontier`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING

from ungil.races.schedule.strategies import PATIENCE
from ungil.races.schedule.threads import Segment, Thread, Variable, conflict

if TYPE_CHECKING:
    from ungil.races.schedule.world import World

__all__ = ["Dpor", "Node", "NodeData"]


NodeData = tuple[list[str], dict[str, bool], list[str], dict[str, bool], str]
"""A node as JSON has it."""


@dataclass(slots=True)
class Node:
    """A choice, and what was tried there.

    Attributes:
        ready: Who could go on.
        sleep: Whom to choose is in vain.
        todo: Who is to be chosen, at some time.
        done: Who was, and what it did then.
        chosen: Who is, at present.

    Of those that were tried it is kept whether they did more than they were about to.
    """

    ready: list[str]
    sleep: dict[str, bool]
    todo: list[str] = field(default_factory=list)
    done: dict[str, bool] = field(default_factory=dict)
    chosen: str = ""

    @property
    def left(self) -> list[str]:
        """Who has yet to be tried."""
        return [
            one
            for one in self.ready
            if one in self.todo and one not in self.done and one not in self.sleep
        ]

    def has_one_of(self, initials: Sequence[str]) -> bool:
        """Is one of these chosen at some time?"""
        return any(one in self.todo for one in initials)

    def try_one_of(self, initials: Sequence[str]) -> None:
        """One of these is to be chosen at some time."""
        if not self.has_one_of(initials):
            possible = [one for one in initials if one in self.ready]
            self.todo += possible[:1] or [one for one in self.ready if one not in self.todo]


class Dpor:
    """Explores until nothing is left.

    Attributes:
        asked: For choices above the base, by their number, whom to try there: one of those.
        outdated: Was it learnt that more is shared, so that there are other choices?
    """

    def __init__(self, nodes: Sequence[NodeData] = (), base: int = 0) -> None:
        """Prepare it.

        Args:
            nodes: What was left by another; by default, everything.
            base: How many of them stay as they are.
        """
        self.asked: list[tuple[int, list[str]]] = []
        self.outdated = False
        self._nodes = [Node(*one) for one in nodes]
        self._base = base
        self._begun = len(nodes) > base

    @property
    def does_more(self) -> bool:
        """Did the last step above the base do more than it was about to?"""
        node = self._nodes[self._base - 1] if self._base else None
        return node is None or node.done.get(node.chosen, True)

    @property
    def complete(self) -> bool:
        """Has all been explored?"""
        return self._begun and not self.outdated and not self._is_left()

    @property
    def rest(self) -> list[NodeData]:
        """What is left below the base."""
        return [astuple(one) for one in self._nodes[self._base :]]

    def another(self) -> bool:
        """Take the deepest choice where something is left to try."""
        if self.outdated:
            return False
        if not self._begun:
            self._begun = True
            return True
        if self._is_left():
            node = self._nodes[-1]
            node.chosen = node.left[0]
            return True
        return False

    def _is_left(self) -> bool:
        """Is there a choice where something is left? The deepest of them is the last then."""
        while len(self._nodes) > self._base:
            if self._nodes[-1].left:
                return True
            self._nodes.pop()
        return False

    def choose(self, ready: Sequence[Thread], current: Thread, world: World) -> Thread | None:
        """Whoever is to be tried; after that, whoever runs goes on while it has to do."""
        depth = len(world.choices)
        if depth < len(self._nodes):
            wanted = self._nodes[depth].chosen
            for one in ready:
                if one.path == wanted:
                    return one
            raise RuntimeError(
                f"the program does not do the same twice: at choice {depth + 1} thread {wanted} "
                "could go on before, and cannot now"
            )
        node = Node([one.path for one in ready], self._sleeping(world))
        awake = [one for one in ready if one.path not in node.sleep]
        if not awake:
            return None
        # Who waits for time to pass, or spins, lets others go on, or it might do so for ever.
        goes_on = current in awake and not (current.pauses or self._spins(current))
        others = (one for one in awake if one is not current)
        chosen = current if goes_on else next(others, awake[0])
        node.chosen = chosen.path
        node.todo.append(chosen.path)
        self._nodes.append(node)
        return chosen

    def _spins(self, thread: Thread) -> bool:
        """Was it chosen again and again, while others could go on?"""
        last = self._nodes[-PATIENCE:]
        return len(last) == PATIENCE and all(one.chosen == thread.path for one in reversed(last))

    def _sleeping(self, world: World) -> dict[str, bool]:
        """Who sleeps at a new choice: who did before, and nothing since conflicts with it."""
        if not self._nodes:
            return {}
        before = self._nodes[-1]
        sleep = {**before.sleep, **before.done}
        sleep.pop(before.chosen, None)
        if not sleep:
            return {}
        since = _since(world.segments, len(self._nodes) - 1)
        threads = {one.path: one for one in world.threads}
        return {
            path: does_more
            for path, does_more in sleep.items()
            if not any(_wakes(threads[path], one, does_more=does_more) for one in since)
        }

    def ended(self, world: World) -> None:
        """Note what was done, and what else is to be tried."""
        if world.learnt:
            # The steps are others from now on.
            if self._base:
                self.outdated = True
            else:
                self._nodes.clear()
                self._begun = False
            return
        choices = [one for one in world.segments if one.choice >= 0]
        for node, segment in zip(self._nodes, choices, strict=False):
            node.done.setdefault(node.chosen, _does_more(segment))
        self._find_races(world.segments)

    def _find_races(self, segments: list[Segment]) -> None:
        """Find the pairs of steps that conflict and that nothing orders, in one execution."""
        clocks: list[dict[Thread, int]] = []
        now: dict[Thread, dict[Thread, int]] = {}
        last = _Last()
        for index, segment in enumerate(segments):
            thread = segment.thread
            clock = now.get(thread, {})
            conflicting, after = last.before(index, segment)
            races = [
                one
                for one in conflicting
                if segments[one].thread is not thread and one > clock.get(segments[one].thread, -1)
            ]
            joined = dict(clock)
            for one in (*after, *races):
                for other, at in clocks[one].items():
                    joined[other] = max(at, joined.get(other, -1))
            joined[thread] = index
            clocks.append(joined)
            for child in (thread, *segment.started):
                now[child] = dict(joined)
            for one in races:
                self._reverse(segments, clocks, one, index)

    def _reverse(
        self, segments: list[Segment], clocks: list[dict[Thread, int]], first: int, second: int
    ) -> None:
        """Try, in the place of the first of two steps, what can lead to the other order."""
        choice = segments[first].choice
        if not 0 <= choice < len(self._nodes):
            return  # there was nothing else to choose
        node = self._nodes[choice]
        between = [
            one
            for one in range(first + 1, second)
            if clocks[one].get(segments[first].thread, -1) < first
        ]
        between.append(second)
        initials: list[str] = []
        seen: set[Thread] = set()
        for at, one in enumerate(between):
            thread = segments[one].thread
            if thread in seen:
                continue
            seen.add(thread)
            clock = dict(clocks[one])
            if all(clock.get(segments[k].thread, -1) < k for k in between[:at]):
                initials.append(thread.path)
        if choice >= self._base:
            node.try_one_of(initials)
        elif not node.has_one_of(initials) and (choice, initials) not in self.asked:
            # Which one, is said where it is known what others have asked for.
            self.asked.append((choice, initials))


def _does_more(segment: Segment) -> bool:
    """Did a step use more than what it was about to?"""
    known = {one.variable for one in segment.pending}
    return any(not one.orders and one.variable not in known for one in segment.accesses)


def _wakes(thread: Thread, segment: Segment, *, does_more: bool) -> bool:
    """Does a step conflict with what a thread is about to do?

    Objects have other identities in each execution, so of what its step did beyond that
    in another one only the kind is known: locks and queues of the libraries.
    """
    if segment.thread is thread or conflict(thread.pending, segment.accesses):
        return True
    return does_more and any(not one.orders for one in segment.accesses)


class _Last:
    """Which step used a variable last, and how."""

    def __init__(self) -> None:
        self._writes: dict[Variable, int] = {}
        self._reads: dict[Variable, dict[Thread, int]] = {}
        self._takes: dict[Variable, int] = {}
        self._orders: dict[Variable, int] = {}

    def before(self, index: int, segment: Segment) -> tuple[set[int], set[int]]:
        """The earlier steps that a step conflicts with, and those that it comes after."""
        races: set[int] = set()
        after: set[int] = set()
        for access in segment.accesses:
            variable = access.variable
            if access.orders:
                after.update(_at(self._orders, variable, index))
                if access.writes:
                    self._orders[variable] = index
            elif access.takes:
                races.update(_at(self._takes, variable, index))
                after.update(_at(self._orders, variable, index))
                self._takes[variable] = index
            else:
                races.update(_at(self._writes, variable, index))
                if access.writes:
                    races.update(self._reads.pop(variable, {}).values())
                    self._writes[variable] = index
                else:
                    self._reads.setdefault(variable, {})[segment.thread] = index
        races.discard(index)
        return races, after


def _at(where: dict[Variable, int], variable: Variable, before: int) -> tuple[int, ...]:
    found = where.get(variable, before)
    return () if found == before else (found,)


def _since(segments: list[Segment], choice: int) -> list[Segment]:
    """The segments from a choice on."""
    for at in range(len(segments) - 1, -1, -1):
        if segments[at].choice == choice:
            return segments[at:]
    return []
