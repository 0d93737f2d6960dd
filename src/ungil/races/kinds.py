"""Which kind of harm two accesses can do that nothing orders; if they can do any.

One operation of a built-in container is atomic: "Thread Safety Guarantees" in the
documentation of Python 3.14 and later says which, and that operations of several
accesses, and iteration, never are. So what two accesses do to each other depends on the
compounds that they are part of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ungil import rules
from ungil.findings import Rule
from ungil.races.instrument.through import names_of
from ungil.races.observed import Compound, Conflict, Observation, Side
from ungil.races.scope import is_foundation
from ungil.races.sources import Sources
from ungil.races.trace import Mode, Site, Touch

__all__ = ["WORST_FIRST", "Case", "Kinds", "Place", "empties", "field_name", "place", "torn"]

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

# Containers' methods that leave less than there was, and those that change anything.
_TAKING = frozenset(
    {
        *("clear", "pop", "popitem", "popleft", "remove", "discard", "difference_update"),
        *("intersection_update", "symmetric_difference_update", "__delitem__", "__delattr__"),
        *("__isub__", "__iand__", "__ixor__"),
    }
)
_ADDING = frozenset(
    {
        *("add", "append", "appendleft", "extend", "extendleft", "insert", "setdefault"),
        "__iadd__",
    }
)
_AT_THE_END = frozenset({"append", "extend", "__iadd__"})
_CHANGING = _TAKING | frozenset(
    {
        *("add", "append", "appendleft", "extend", "extendleft", "insert", "setdefault"),
        *("update", "sort", "reverse", "rotate", "move_to_end", "subtract"),
        *("__setitem__", "__setattr__", "__ior__", "__iadd__", "__imul__"),
    }
)

# The forms of touches, by what they are of.
_KEYED = frozenset({"item", "holding", "key", "member", "keyed", "among"})
_METHODS = frozenset({"method", "item", "holding", "key", "next"})
_ATTRIBUTES = frozenset({"attribute", "named"})


# Where the length and the order decide what an index means.
_SEQUENCES = frozenset({"list", "deque", "bytearray", "array"})

# What `append` puts on top, and `pop` takes away.
_STACKS = frozenset({"list", "deque"})

# These raise an error if what is gone through has changed.
_NOTICING = frozenset({"dict", "set", "deque", "defaultdict", "OrderedDict", "Counter"})

# What is put there to be counted only is like any other.
_COUNTED = re.compile(r"\.append\((?:None|True|False|\d*)\)$")

# What `= False` takes away is no value that anybody could still use.
_LOWERED = re.compile(r"=\s*False\s*(?:$|[#;])")

# These do what they do only if it is still to be done.
_LOOKS_ITSELF = re.compile(r"\.(?:setdefault|discard)\(|\.pop\([^()]*,")

_LIMITS = re.compile(r"\s*(?:max|min)\(")

# What `= {}` leaves is new, if it is what a check found missing.
_MADE_EMPTY = re.compile(r"=\s*(?:[\[({'\"0]|False\b)")

# Behind what an attribute is of. A private name is another in the source than in the object.
_FIELD = re.compile(r"\w+$")

# Until 3.11 each was a function.
_COMPREHENSION = re.compile(r"<(?:listcomp|setcomp|dictcomp|genexpr)>$")

_IMPORT = re.compile(r"\bimport\b")

_INITIALISERS = frozenset({"__init__", "__new__", "__post_init__", "__setstate__"})

_DEEPEST = 1000  # what an empty line is indented by

_MOST_LINES = 60  # between a check and its act, that are looked at

Place = tuple[str, int, str]
"""Path, line and expression: where something is, for a reader."""

_Key = tuple[object, ...]


def place(touch: Touch) -> Place:
    """Where a touch is."""
    return (touch.site.path, touch.site.line, touch.site.text)


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
    def places(self) -> tuple[Place, ...]:
        """All that take part, those of the acting side first."""
        conflicts = (self.conflict, *self.fields)
        touches = [side.touch for one in conflicts for side in (one.first, one.second)]
        if self.compound is not None:
            touches = [self.compound.read, self.compound.act, *touches]
        return tuple(dict.fromkeys(map(place, touches)))


class Kinds:
    """Tells the kinds of the conflicts of one run."""

    def __init__(self, observation: Observation, sources: Sources) -> None:
        """Look at what belongs together.

        Args:
            observation: The run.
            sources: Where there are any, they tell what is checked for.
        """
        self._sources = sources
        self._by_read: dict[_Key, list[Compound]] = {}
        self._by_act: dict[_Key, list[Compound]] = {}
        self._checks: dict[tuple[str, str], list[Touch]] = {}
        self._claims: dict[tuple[str, str], list[Touch]] = {}
        for compound in observation.compounds:
            if compound.how == "check":
                of = (compound.read.form, compound.read.name)
                self._checks.setdefault(of, []).append(compound.read)
            if compound.how == "check" and not compound.parted and _claims(compound.act):
                claimed_in = (compound.act.site.path, compound.act.function)
                self._claims.setdefault(claimed_in, []).append(compound.act)
            self._by_read.setdefault(_key(compound.read), []).append(compound)
            self._by_act.setdefault(_key(compound.act), []).append(compound)
        # Where what is on top of a list is taken away, by what the list is called there.
        self._takes: dict[_Key, Touch] = {}
        self._writing: set[_Key] = set()
        self._written_to: dict[_Key, set[str]] = {}
        for conflict in observation.conflicts:
            for mine, _, mode, other_mode, _ in _both_ways(conflict):
                if _is_a(conflict, _STACKS) and _takes_away(mine.touch, sources):
                    self._takes.setdefault(_stack_of(mine.touch), mine.touch)
                if mode.writes:
                    self._writing.add(_key(mine.touch))
                if other_mode.writes and not conflict.exclusive:
                    self._written_to.setdefault(_key(mine.touch), set()).add(conflict.part)

    def of(self, conflict: Conflict) -> Case | None:
        """The worst that it is; None if it does no harm."""
        if all(map(self._imports, _writers(conflict))):
            bound_by_all = len(_writers(conflict)) > 1 or conflict.exclusive
            return None if bound_by_all else _plain(conflict)
        harmed = self._parted if conflict.exclusive else self._harmed
        cases = [
            case
            for mine, other, mode, other_mode, iterates in _both_ways(conflict)
            for case in harmed(conflict, mine, other, (mode, other_mode), iterates)
        ]
        if cases:
            return min(cases, key=lambda case: case.rank)
        return None if conflict.exclusive else self._on_a_stack(conflict) or _plain(conflict)

    def _imports(self, write: Touch) -> bool:
        """Is it an import, which gives to all threads the same, and only once it is whole?"""
        line = self._sources.line(write.site.path, write.site.line)
        return write.form == "variable" and bool(_IMPORT.search(line))

    def _on_a_stack(self, conflict: Conflict) -> Case | None:
        """What one thread puts on top of a list while another goes by its own being there.

        Each is one step, but the two belong together with what is done in between. It is meant
        so if the last item is looked at, and is not used when it is taken away. Where threads
        did come between each other, what two of them put there may be all that is in conflict.
        """
        if conflict.part != "structure" or not _is_a(conflict, _STACKS):
            return None
        for mine, other, *_ in _both_ways(conflict):
            put, take, (path, _, stack) = other.touch, mine.touch, _stack_of(mine.touch)
            if take.name == put.name:
                take = self._takes.get(_stack_of(take), take)
            takes = _takes_away(take, self._sources)
            puts = put.name == "append" and not _COUNTED.search(put.site.text)
            if takes and puts and self._sources.have(path, f"{stack}[-1]"):
                step = Compound(put, take, "stack")
                return Case(rules.CHECK_THEN_ACT, conflict, mine, other, step)
        return None

    def _harmed(
        self,
        conflict: Conflict,
        mine: Side,
        other: Side,
        modes: tuple[Mode, Mode],
        iterates: bool,
    ) -> Iterator[Case]:
        """What the other side can do to a step of this one."""
        if conflict.part == "iterator":
            yield Case(rules.SHARED_ITERATOR, conflict, mine, other)
        # What looks like a reading and stores is a cached_property, which keeps what it has
        # made; the other reading would have made it as well, had it come a little earlier.
        filled = mine.touch.form in _ATTRIBUTES and mine.touch.mode is Mode.READ
        if filled and modes[0].writes:
            yield Case(rules.DOUBLE_INITIALISATION, conflict, mine, other)
        if not modes[1].writes:
            return
        if iterates and conflict.part == "structure" and not self._tries(mine, conflict):
            yield Case(rules.MUTATED_WHILE_ITERATED, conflict, mine, other)
        # Methods that read and write in one step are said to write.
        if modes[0] is Mode.UPDATE and conflict.part != "iterator":
            yield Case(rules.LOST_UPDATE, conflict, mine, other)
        through = () if modes[0].writes else self._through_calls(mine, other)
        for compound in (*self._around(mine.touch, conflict), *through):
            yield from self._broken(conflict, mine, other, compound)

    def _tries(self, mine: Side, conflict: Conflict) -> bool:
        """Is it known to the program that what it goes through may change, and borne?"""
        path, line, _ = mine.touch.site
        return _is_a(conflict, _NOTICING) and self._sources.steps(path).idioms.catches(line)

    def _broken(
        self, conflict: Conflict, mine: Side, other: Side, compound: Compound
    ) -> Iterator[Case]:
        """What becomes of a step if the other thread writes in between."""
        if compound.how == "value":
            # What another takes away was on its way out.
            away = empties(compound.act) and _takes(other.touch) and not empties(other.touch)
            if not away and not _puts_back(compound):
                yield Case(rules.LOST_UPDATE, conflict, mine, other, compound)
        elif compound.read.name == "popitem" and _puts_back(compound):
            return  # at the key that it has taken out
        elif _at_index(compound.act, conflict) and other.touch.name in _AT_THE_END:
            return  # what is at an index stays there
        elif self._interferes(compound, other.touch):
            twice = self._initialises(compound, conflict, other)
            rule = rules.DOUBLE_INITIALISATION if twice else rules.CHECK_THEN_ACT
            yield Case(rule, conflict, mine, other, compound)

    def _parted(
        self, conflict: Conflict, mine: Side, other: Side, modes: tuple[Mode, Mode], _: bool
    ) -> Iterator[Case]:
        """What the other side can do to a step of this one that lets go of the lock halfway."""
        if not modes[1].writes:
            return
        steps = [one for one in self._around(mine.touch, conflict) if one.parted]
        if not modes[0].writes and self._sources.only_looks(
            mine.touch.site.path, mine.touch.function
        ):
            steps += (one for one in self._through_calls(mine, other) if one.parted)
        for compound in steps:
            if not self._stands(compound):
                yield from self._broken(conflict, mine, other, compound)

    def _stands(self, compound: Compound) -> bool:
        """Does a step that lets go of a lock bear that others come in between?

        What it found it may have made use of before, while it held the lock; or it looks again
        once it has it back, if only at a number that tells whether anything has changed. And who
        waits for its turn, or has said that the turn is its own, knows what comes.
        """
        read, act = compound.read, compound.act
        used = any(
            not one.parted and (one.act.mode.writes or one.act.name in _CHANGING)
            for one in self._by_read.get(_key(read), ())
        )
        again = any(
            not one.parted and one.how == "check" for one in self._by_act.get(_key(act), ())
        )
        where, then = compound.around or (read.site, act.site)
        compares = self._sources.steps(where.path).idioms.compares(where.line, then.line)
        if used or again or compares or self._claimed(compound):
            return True
        if compound.how == "value":
            return not empties(act) and (act.mode is not Mode.WRITE or act.clears)
        waits = self._sources.line(where.path, where.line).lstrip().startswith("while")
        return waits or bool(_LOOKS_ITSELF.search(act.site.text)) or self._looks_itself(act)

    def _looks_itself(self, act: Touch) -> bool:
        """Does a write go by what is there: `self.top = max(self.top, n)`, or is it a swap?"""
        line = self._sources.line(act.site.path, act.site.line)
        targets, _, values = line.partition("=")
        swaps = "," in targets and "(" not in targets
        return act.site.text in values and (swaps or bool(_LIMITS.match(values)))

    def _claimed(self, compound: Compound) -> bool:
        """Has the thread taken a thing for itself, before it let go of the lock?

        `if k in loading: return` and then `loading.add(k)`, beside `if k in loaded: return`.
        """
        path, first, function = (*compound.read.site[:2], compound.read.function)
        if compound.around:
            return False

        def depth(number: int) -> int:
            line = self._sources.line(path, number)
            return len(line) - len(line.lstrip()) if line.strip() else _DEEPEST

        return any(
            first <= claim.site.line < compound.act.site.line
            and _key(claim) not in self._written_to
            and min(map(depth, range(first, claim.site.line + 1))) >= depth(first)
            for claim in self._claims.get((path, function), ())
        )

    def _around(self, touch: Touch, conflict: Conflict) -> Iterator[Compound]:
        """The steps that a touch is an end of, if they are about what the conflict is about."""
        for compound in self._by_read.get(_key(touch), ()):
            if not self._checked_again(compound):
                yield compound
        for compound in self._by_act.get(_key(touch), ()):
            if self._is_about(compound.read, conflict):
                yield compound

    def _through_calls(self, mine: Side, other: Side) -> Iterator[Compound]:
        """The steps of a function that calls for what this side read, or for what the other did.

        The other thread wrote in such a call; had this one come earlier, it had called it too.
        """
        mine_calls, other_calls = _calls(mine), _calls(other)
        for depth, one in enumerate(mine_calls):
            for another in other_calls[0 if depth else 1 :]:
                if (one.path, one.function) != (another.path, another.function):
                    continue
                known = self._sources.steps(one.path)
                sites = (Site(one.path, one.line), Site(another.path, another.line))
                at = other_calls.index(another)
                calls = other_calls[:at]
                parted = (
                    self._lets_go(mine, mine_calls[:depth], mine_calls[depth:])
                    and self._lets_go(other, calls, other_calls[at:])
                    and all(map(self._only_looks, mine_calls[:depth]))
                )
                for how in known.follows(one.line, one.names, another.line, another.names):
                    seen = mine_calls[: depth + 1], other_calls[: at + 1]
                    if how == "value" or not (
                        self._again(mine.touch, other, calls) or self._asks_again(other, *seen)
                    ):
                        yield Compound(mine.touch, other.touch, how, sites, parted)
                break
            if not self._sources.steps(one.path).returned(one.line, one.names):
                break

    def _lets_go(self, side: Side, calls: Sequence[_Call], around: Sequence[_Call]) -> bool:
        """Are all locks that a side held taken within these calls, if there are any?

        A function that is in a call around them as well, such as what a decorator wraps methods
        in, may have taken them there.
        """
        within = {(call.path, call.function) for call in calls}
        within -= {(call.path, call.function) for call in around}
        for lock in side.locks if calls else ():
            path, _, line = lock.rpartition(", taken at ")[2].rpartition(":")
            functions = self._sources.steps(path).functions(int(line)) if line.isdecimal() else ()
            if not functions or any((path, one) not in within for one in functions):
                return False
        return True

    def _only_looks(self, call: _Call) -> bool:
        """Does a function change nothing itself?"""
        return self._sources.only_looks(call.path, call.function)

    def _again(self, read: Touch, other: Side, calls: Sequence[_Call]) -> bool:
        """Does what was called, with a lock, check once more where nobody can break in?

        Then the check before it is not needed. What checks is the function that acts, or one
        through which it was called.
        """
        if not other.locks:
            return False
        within = {(call.path, call.function) for call in calls}
        acting = self._by_act.get(_key(other.touch), ())
        nearer = [one.read for one in acting if one.how == "check"]
        nearer += (
            one
            for one in self._checks.get((read.form, read.name), ())
            if (one.site.path, one.function) in within
        )
        return any(_key(one) not in self._written_to for one in nearer)

    def _asks_again(self, other: Side, asked: Sequence[_Call], acted: Sequence[_Call]) -> bool:
        """Likewise, where the one that acts is called behind the check, or makes it by a call."""
        if not other.locks:
            return False
        first, names = asked[-1], {call.function.rpartition(".")[2] for call in asked[:-1]}
        names |= {asked[0].variable} - {""}
        return any(
            not names.isdisjoint(used) and (call is not acted[-1] or line > first.line)
            for call in acted
            for line, used in self._sources.steps(call.path).checks(call.line, call.names)
        )

    def _is_about(self, read: Touch, conflict: Conflict) -> bool:
        """Is what was read what the conflict is about, rather than another part of the object?

        Threads that each store their own key change the keys of one dict: its structure,
        of which the check for a key is no check.
        """
        if conflict.part not in {"item", "structure"} or _is_a(conflict, _SEQUENCES):
            return True
        keyed = read.form in _KEYED
        return keyed is (conflict.part == "item") or conflict.part in self._written_to.get(
            _key(read), ()
        )

    def _checked_again(self, compound: Compound) -> bool:
        """Is there a nearer check of it that nobody can break into?

        Double-checked locking: the outer check is only there to save the lock.
        """
        return any(
            _key(nearer.read) != _key(compound.read)
            and nearer.read.site.line >= compound.read.site.line
            and _key(nearer.read) not in self._written_to
            for nearer in self._by_act.get(_key(compound.act), ())
            if nearer.how == compound.how == "check"
        )

    def _interferes(self, compound: Compound, write: Touch) -> bool:
        """Does a write break a check-then-act?"""
        act = compound.act
        if _takes(act) and _only_adds(write):
            return False  # who takes has found something, and it is still there
        named = act.form in _METHODS and act.name in _CHANGING
        if act.mode.writes or named or _key(act) in self._writing:
            return True
        takes = write.clears or _takes(write)
        lowers = _LOWERED.search(self._sources.line(write.site.path, write.site.line))
        return takes and not lowers and not self._only_tests(act)

    def _only_tests(self, touch: Touch) -> bool:
        """Is what was read used for nothing but a test?"""
        text = re.escape(touch.site.text)
        line = self._sources.line(touch.site.path, touch.site.line)
        tested = rf"\b(?:if|elif|while|not|and|or)\s+{text}\s*(?::|\)|and\b|or\b|is\b|==|!=|$)"
        return bool(touch.site.text and re.search(tested, line))

    def _initialises(self, compound: Compound, conflict: Conflict, other: Side) -> bool:
        """Does the step make what it found missing, and the other thread the same?"""
        read, act = compound.read, compound.act
        if conflict.part not in {"attribute", "variable"} and "__dict__" not in read.site.text:
            return False
        if act.mode is not Mode.WRITE or self._forgets(act):
            return False
        there, here = place(other.touch), place(act)
        same = there == here or (act.function == other.touch.function != "" and there[0] == here[0])
        return same and not self._forgets(other.touch) and self._is_for_absence(compound)

    def _forgets(self, write: Touch) -> bool:
        """Does it take away, rather than make something that is empty at first?"""
        line = self._sources.line(write.site.path, write.site.line)
        return write.clears and not _MADE_EMPTY.search(line)

    def _is_for_absence(self, compound: Compound) -> bool:
        read, act = compound.read, compound.act
        path, first = read.site.path, read.site.line
        last = first if compound.around else act.site.line
        numbers = range(first, min(last, first + _MOST_LINES) + 1)
        text = "\n".join(self._sources.line(path, number) for number in numbers)
        names = [re.escape(one) for one in (read.site.text, act.site.text) if one]
        for one in tuple(names):
            names += re.findall(rf"(\w+)\s*:?=\s*\(?{one}", text)
        if not names:
            return False
        one = f"(?:{'|'.join(names)})"
        return bool(
            re.search(rf"(?<![\w.]){one}\)?\s+is\s+(?:not\s+)?None\b", text)
            or re.search(rf"(?<![\w.]){one}\)?\s*[!=]=\s*None\b", text)
            or re.search(rf"\bnot\s+\(?{one}(?![\w.(\[])", text)
            or re.search(rf"\b(?:if|elif|while)\s+\(?{one}\)?\s*:", text)
            or re.search(rf"{one}\s+or\b", text)
            or re.search(r"\bhasattr\(|\bgetattr\(|\bin\s+[\w.]+\.__dict__", text)
            or re.search(r"\bexcept\b.*\b(?:AttributeError|NameError|UnboundLocalError)\b", text)
        )


class _Call(NamedTuple):
    """Where a function is in a call, or in a touch.

    Attributes:
        names: Of the functions that this led to.
        variable: The attribute or global that a touch is of.
    """

    path: str
    line: int
    function: str
    names: frozenset[str]
    variable: str = ""


def _calls(side: Side) -> list[_Call]:
    """Where an access was made, and the calls that led there, the nearest first."""
    touch = side.touch
    variable = touch.name if touch.form in {*_ATTRIBUTES, "variable"} else ""
    found = [_Call(touch.site.path, touch.site.line, touch.function, names_of(touch), variable)]
    names: frozenset[str] = frozenset()
    for number, call in enumerate(side.stack):
        if is_foundation(call.path):
            break
        if _COMPREHENSION.search(call.text) or (number == 0 and call.text == touch.function):
            continue  # the one that the touch stands in
        names |= {found[-1].function.rpartition(".")[2]}
        found.append(_Call(call.path, call.line, call.text, names))
    return found


def _is_a(conflict: Conflict, types: frozenset[str]) -> bool:
    """Is what is in conflict of one of these types, which may be another module's?"""
    return conflict.kind.rpartition(".")[2] in types


def _takes_away(touch: Touch, sources: Sources) -> bool:
    """Is an item taken away, and not used?"""
    line = sources.line(touch.site.path, touch.site.line).partition("#")[0].strip()
    return touch.site.text.endswith(".pop()") and line == touch.site.text


def _stack_of(touch: Touch) -> tuple[str, str, str]:
    """The file and the class in which something is done to a list, and its name there."""
    return (
        touch.site.path,
        touch.function.rpartition(".")[0],
        touch.site.text.partition(f".{touch.name}(")[0],
    )


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
        sides = _parted(first)
        fields = tuple(case.conflict for case in others)
        kept.append(Case(rules.TORN_READ, first.conflict, *sides, fields=fields))
    return kept


def _field_key(case: Case) -> tuple[object, ...] | None:
    """What the fields have in common that are written together and read together.

    Of an object only the first conflict of two touches is kept, so its number tells less
    than the expression in front of the field does.
    """
    conflict = case.conflict
    touches = [side.touch for side in _parted(case)]
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


def _takes(touch: Touch) -> bool:
    """Does it take something out of a container?"""
    return touch.form in _METHODS and touch.name in _TAKING


def empties(touch: Touch) -> bool:
    """Does it leave nothing in a container?"""
    return touch.name == "clear" or (touch.form == "whole" and touch.clears)


def _claims(touch: Touch) -> bool:
    """Does it put something where it can be found?"""
    stores = touch.mode is Mode.WRITE and not touch.clears
    return stores or touch.name == "setdefault" or (_only_adds(touch) and touch.name == "add")


def _only_adds(touch: Touch) -> bool:
    """Does it leave all in a container that was there?"""
    return touch.form in _METHODS and touch.name in _ADDING


def _at_index(act: Touch, conflict: Conflict) -> bool:
    """Does a step end at one item of a list?"""
    return act.form in _KEYED and not act.name and _is_a(conflict, _SEQUENCES)


def _puts_back(compound: Compound) -> bool:
    """Does it put in what it has taken out? Nobody else had that, so nothing is overwritten.

    A key is another matter: who finds nothing there may begin with what `pop` gives instead.
    """
    read, act = compound.read, compound.act
    if read.name == "popitem":
        return _only_adds(act) or act.name in {"", "__setitem__"}
    return _takes(read) and read.name in {"pop", "popleft"} and _only_adds(act)


def _parted(case: Case) -> tuple[Side, Side]:
    """The side that writes, and the one that reads."""
    conflict = case.conflict
    sides = (conflict.first, conflict.second)
    return sides if conflict.first_mode.writes else sides[::-1]


def _writers(conflict: Conflict) -> list[Touch]:
    """Where it is written."""
    sides = (conflict.first, conflict.first_mode), (conflict.second, conflict.second_mode)
    return [side.touch for side, mode in sides if mode.writes]


def _plain(conflict: Conflict) -> Case | None:
    """What two accesses do that are part of no step."""
    first, second = conflict.first, conflict.second
    both_write = conflict.first_mode.writes and conflict.second_mode.writes
    if conflict.part in {"attribute", "variable"}:
        rule = rules.UNORDERED_WRITES if both_write else rules.UNORDERED_PUBLICATION
        return Case(rule, conflict, first, second)
    subscripts = all(side.touch.form in _KEYED and not side.touch.name for side in (first, second))
    if conflict.part == "item" and both_write and subscripts:
        return Case(rules.UNORDERED_WRITES, conflict, first, second)
    return None  # single operations of a container


def _both_ways(conflict: Conflict) -> Sequence[tuple[Side, Side, Mode, Mode, bool]]:
    """Each side as the one that is looked at, and the other one."""
    first, second = conflict.first, conflict.second
    modes = (conflict.first_mode, conflict.second_mode)
    return (
        (first, second, modes[0], modes[1], conflict.iterates[0]),
        (second, first, modes[1], modes[0], conflict.iterates[1]),
    )


def _key(touch: Touch) -> _Key:
    """What tells touches apart; not by what they may follow from, which has no end."""
    return (touch.site, touch.form, touch.mode, touch.name, touch.function, touch.clears)
