"""Which kind of harm two accesses can do that nothing orders; if they can do any.

One operation of a built-in container is atomic: "Thread Safety Guarantees" in the
documentation of Python 3.14 and later says which, and that operations of several
accesses, and iteration, never are. So what two accesses do to each other depends on the
compounds that they are part of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ungil import rules
from ungil.findings import Rule
from ungil.races.breaking import bears_a_gap, broken
from ungil.races.callers import steps_of_callers
from ungil.races.containers import KEYED, is_a
from ungil.races.observed import Compound, Conflict, Observation, Side
from ungil.races.seen import Seen
from ungil.races.sources import Sources
from ungil.races.stacks import Stacks
from ungil.races.trace import Mode, Site, Touch

__all__ = ["WORST_FIRST", "Case", "Kinds", "field_name", "torn"]

WORST_FIRST = (
    rules.SHARED_ITERATOR,
    rules.DOUBLE_INITIALISATION,
    rules.CHECK_THEN_ACT,
    rules.LOST_UPDATE,
    rules.MUTATED_WHILE_ITERATED,
    rules.TORN_READ,
    rules.UNORDERED_WRITES,
    rules.UNORDERED_PUBLICATION,
)
"""Of several that fit one conflict, the first is shown: the widest step that is broken,
since what mends it mends those within."""

# The forms of touches that are of an attribute.
_ATTRIBUTES = frozenset({"attribute", "named"})

# These raise an error if what is gone through has changed.
_NOTICING = frozenset({"dict", "set", "deque", "defaultdict", "OrderedDict", "Counter"})

# Behind what an attribute is of. Not `Touch.name`: a private name is another in the object.
_FIELD = re.compile(r"\w+$")

_IMPORT = re.compile(r"\bimport\b")

_INITIALISERS = frozenset({"__init__", "__new__", "__post_init__", "__setstate__"})


@dataclass(frozen=True, slots=True)
class Case:
    """A conflict, understood.

    Attributes:
        rule: The kind of harm.
        conflict: What was seen.
        acting: The side whose step the other breaks into; the first where neither has one.
        other: The other side.
        compound: The step, where it is of two accesses.
        fields: For values that belong together: the conflicts of the others.
    """

    rule: Rule
    conflict: Conflict
    acting: Side
    other: Side
    compound: Compound | None = None
    fields: tuple[Conflict, ...] = ()

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return WORST_FIRST.index(self.rule)

    @property
    def places(self) -> tuple[Site, ...]:
        """All that take part, those of the acting side first."""
        conflicts = (self.conflict, *self.fields)
        touches = [side.touch for one in conflicts for side in (one.first, one.second)]
        if self.compound is not None:
            touches = [self.compound.read, self.compound.act, *touches]
        return tuple(dict.fromkeys(touch.site for touch in touches))


class _Meeting(NamedTuple):
    """A conflict, looked at from one side.

    Attributes:
        conflict: It.
        mine: The side whose steps are looked at.
        other: The one that may come in between.
        mode: What mine turned out to do.
        other_mode: What the other did.
        iterates: Does mine go through the container?
    """

    conflict: Conflict
    mine: Side
    other: Side
    mode: Mode
    other_mode: Mode
    iterates: bool

    def case(self, rule: Rule, step: Compound | None = None) -> Case:
        """The conflict, understood as this kind of harm."""
        return Case(rule, self.conflict, self.mine, self.other, step)


class Kinds:
    """Tells the kinds of the conflicts of one run."""

    def __init__(self, observation: Observation, sources: Sources) -> None:
        """Look at what belongs together.

        Args:
            observation: The run.
            sources: Where there are any, they tell what is checked for.
        """
        self._sources = sources
        self._seen = Seen(observation)
        self._stacks = Stacks(observation, sources)

    def of(self, conflict: Conflict) -> Case | None:
        """The worst that it is; None if it does no harm."""
        writers = _writers(conflict)
        if all(map(self._imports, writers)):
            bound_by_all = len(writers) > 1 or conflict.exclusive
            return None if bound_by_all else _plain(conflict)
        harmed = self._parted if conflict.exclusive else self._harmed
        cases = [case for meeting in _both_ways(conflict) for case in harmed(meeting)]
        if cases:
            return min(cases, key=lambda case: case.rank)
        return None if conflict.exclusive else self._on_a_stack(conflict) or _plain(conflict)

    def _imports(self, write: Touch) -> bool:
        """Is it an import, which gives to all threads the same, and only once it is whole?"""
        line = self._sources.line(write.site.path, write.site.line)
        return write.form == "variable" and bool(_IMPORT.search(line))

    def _harmed(self, meeting: _Meeting) -> Iterator[Case]:
        """What the other side can do to this one, or to a step of it."""
        conflict, mine, other, mode, other_mode, iterates = meeting
        if conflict.part == "iterator":
            yield meeting.case(rules.SHARED_ITERATOR)
        # What looks like a reading and stores is a cached_property, which keeps what it has
        # made; the other reading would have made it as well, had it come a little earlier.
        filled = mine.touch.form in _ATTRIBUTES and mine.touch.mode is Mode.READ
        if filled and mode.writes:
            yield meeting.case(rules.DOUBLE_INITIALISATION)
        if not other_mode.writes:
            return
        if iterates and conflict.part == "structure" and not self._bears_change(meeting):
            yield meeting.case(rules.MUTATED_WHILE_ITERATED)
        # Methods that read and write in one step are said to write.
        if mode is Mode.UPDATE and conflict.part != "iterator":
            yield meeting.case(rules.LOST_UPDATE)
        steps = [*self._seen.around(mine.touch, conflict)]
        if not mode.writes:
            steps += steps_of_callers(mine, other, self._seen, self._sources)
        yield from self._broken(meeting, steps)

    def _parted(self, meeting: _Meeting) -> Iterator[Case]:
        """What the other side can do to a step of this one that lets go of the lock halfway."""
        conflict, mine, other, mode, other_mode, _ = meeting
        if not other_mode.writes:
            return
        steps = [*self._seen.around(mine.touch, conflict)]
        if not mode.writes and self._sources.only_looks(mine.touch.site.path, mine.touch.function):
            steps += steps_of_callers(mine, other, self._seen, self._sources)
        parted = [
            step
            for step in steps
            if step.parted and not bears_a_gap(step, self._seen, self._sources)
        ]
        yield from self._broken(meeting, parted)

    def _broken(self, meeting: _Meeting, steps: Iterable[Compound]) -> Iterator[Case]:
        """What becomes of steps of this side if the other writes in between."""
        for step in steps:
            write, conflict = meeting.other.touch, meeting.conflict
            rule = broken(step, write, conflict, self._seen, self._sources)
            if rule is not None:
                yield meeting.case(rule, step)

    def _bears_change(self, meeting: _Meeting) -> bool:
        """Is it known to the program that what it goes through may change?"""
        if not is_a(meeting.conflict, _NOTICING):
            return False
        path, line, _ = meeting.mine.touch.site
        return self._sources.steps(path).idioms.catches(line)

    def _on_a_stack(self, conflict: Conflict) -> Case | None:
        """What both do to a list that each uses as a stack of its own."""
        for meeting in _both_ways(conflict):
            step = self._stacks.step(conflict, meeting.mine.touch, meeting.other.touch)
            if step is not None:
                return meeting.case(rules.CHECK_THEN_ACT, step)
        return None


def _both_ways(conflict: Conflict) -> tuple[_Meeting, _Meeting]:
    """Each side as the one that is looked at."""
    first, second = conflict.first, conflict.second
    modes = (conflict.first_mode, conflict.second_mode)
    iterates = conflict.iterates
    return (
        _Meeting(conflict, first, second, *modes, iterates[0]),
        _Meeting(conflict, second, first, *modes[::-1], iterates[1]),
    )


def _writers(conflict: Conflict) -> list[Touch]:
    """Where it is written."""
    return [one.mine.touch for one in _both_ways(conflict) if one.mode.writes]


def _plain(conflict: Conflict) -> Case | None:
    """What two accesses do that are part of no step."""
    first, second = conflict.first, conflict.second
    both_write = conflict.first_mode.writes and conflict.second_mode.writes
    if conflict.part in {"attribute", "variable"}:
        rule = rules.UNORDERED_WRITES if both_write else rules.UNORDERED_PUBLICATION
        return Case(rule, conflict, first, second)
    subscripts = all(side.touch.form in KEYED and not side.touch.name for side in (first, second))
    if conflict.part == "item" and both_write and subscripts:
        return Case(rules.UNORDERED_WRITES, conflict, first, second)
    return None  # single operations of a container


def torn(cases: Iterable[Case]) -> list[Case]:
    """Put together what belongs together: fields written in one function, read in another.

    Args:
        cases: Of all kinds.

    Returns:
        Those that are of no worse kind as one, and the others as they were.
    """
    kept: list[Case] = []
    groups: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        key = _field_key(case)
        (kept if key is None else groups.setdefault(key, [])).append(case)
    for group in groups.values():
        if len({field_name(case.conflict) for case in group}) < 2:
            kept += group
            continue
        first, *others = group
        sides = _writer_first(first)
        fields = tuple(case.conflict for case in others)
        kept.append(Case(rules.TORN_READ, first.conflict, *sides, fields=fields))
    return kept


def _field_key(case: Case) -> tuple[object, ...] | None:
    """What the fields have in common that are written together and read together.

    Of an object only the first conflict of two touches is kept, so its number tells less
    than the expression in front of the field does.
    """
    conflict = case.conflict
    touches = [side.touch for side in _writer_first(case)]
    # A module's attributes are variables, too; that its own code names without it.
    attributes = all(touch.form in _ATTRIBUTES for touch in touches)
    if case.rule is not rules.UNORDERED_PUBLICATION or not attributes:
        return None
    if not all(touch.function and touch.name for touch in touches):
        return None
    if touches[0].function.rpartition(".")[2] in _INITIALISERS:
        return None  # nobody else has the object yet
    where = [
        (touch.site.path, touch.function, _FIELD.sub("", touch.site.text)) for touch in touches
    ]
    return (conflict.kind, *where)


def field_name(conflict: Conflict) -> str:
    """The attribute that a conflict is about, also where one side means all of them."""
    one, other = conflict.first.touch.name, conflict.second.touch.name
    return other if one == "__dict__" else one


def _writer_first(case: Case) -> tuple[Side, Side]:
    """The side that writes, and the one that reads."""
    conflict = case.conflict
    sides = (conflict.first, conflict.second)
    return sides if conflict.first_mode.writes else sides[::-1]
