"""What mends a race: the smallest change that does."""

from __future__ import annotations

import re

from ungil import rules
from ungil.races.kinds import Case
from ungil.races.observed import Compound
from ungil.races.sources import Sources
from ungil.races.words import Words, lock_name

__all__ = ["remedy"]

_COPIED_IN_ONE_STEP = frozenset({"dict", "list", "set"})
_TAKING = frozenset({"pop", "popitem", "popleft", "remove", "discard"})


def remedy(words: Words, case: Case, sources: Sources) -> str:
    """What to do about a race.

    Args:
        words: Name its variable, its places and its locks.
        case: The race.
        sources: Show what a touch does not.
    """
    guard = _guard(words, case)
    if case.acting.locks or case.other.locks:
        return guard  # there is a lock, which somebody has forgotten
    return _REMEDIES[case.rule.code](words, case, sources).replace(_GUARD, guard)


# Stands for what `_guard` says.
_GUARD = "\0"


def _guard(words: Words, case: Case) -> str:
    """Which lock, and from where to where."""
    mine = [lock_name(lock) for lock in case.acting.locks]
    theirs = [lock_name(lock) for lock in case.other.locks]
    here, there = _span(words, case), words.place(case.other.touch)
    if case.conflict.exclusive:
        again = " (an RLock, since what is called takes it as well)"
        called = case.compound is not None and case.compound.around
        return f"Hold `{mine[-1]}`{again if called else ''} {here}, without letting go of it."
    if mine and theirs:
        if mine[-1] == theirs[-1]:
            return f"Each side holds a `{mine[-1]}` of its own: let both hold one that they share."
        return (
            f"Hold one lock on both sides: `{mine[-1]}` at {there} too, or `{theirs[-1]}` {here}."
        )
    if theirs:
        return f"Hold `{theirs[-1]}` {here} too, as {there} does."
    if mine:
        return f"Hold `{mine[-1]}` at {there} too, as {words.place(case.acting.touch)} does."
    outside = case.other.touch.site[:2] not in _lines(case)
    return f"Hold one lock {here}{f', and at {there}' if outside else ''}."


def _lines(case: Case) -> set[tuple[str, int]]:
    """The lines of the step."""
    if case.compound is None:
        return {case.acting.touch.site[:2]}
    path, first, last = _step(case.compound)
    lines = {(path, line) for line in range(first, last + 1)}
    if case.compound.around:
        lines |= {case.compound.read.site[:2], case.compound.act.site[:2]}
    return lines


def _span(words: Words, case: Case) -> str:
    if case.compound is None:
        return f"at {words.place(case.acting.touch)}"
    path, first, last = _step(case.compound)
    at = words.location(path, first)
    return f"at {at}" if first == last else f"from {at} to line {last}"


def _step(compound: Compound) -> tuple[str, int, int]:
    """The file, the first line and the last one of a step, in the function that means it."""
    sites = compound.around or (compound.read.site, compound.act.site)
    first, last = sorted(site.line for site in sites)
    return sites[0].path, first, last


def _update(_: Words, case: Case, sources: Sources) -> str:
    site = case.acting.touch.site
    if re.search(r"\+=\s*1\b|\+\s*1\b", sources.line(site.path, site.line)):
        return (
            f"{_GUARD} If all that is wanted are different numbers, next() of an "
            "itertools.count() is one step."
        )
    return _GUARD


def _check(words: Words, case: Case, _: Sources) -> str:
    if case.compound is None:
        return _GUARD
    if case.compound.how == "stack":
        return (
            "Give each thread a stack of its own, in a threading.local() or a ContextVar; or hand "
            "what is on top down as an argument. A lock around the single steps does not help."
        )
    read, act = case.compound.read, case.compound.act
    in_container = case.conflict.part in {"item", "structure"}
    if in_container and (act.clears or act.name in _TAKING):
        return f"Take it without asking first, and handle that it is not there. Or: {_GUARD}"
    if case.conflict.part == "item" and act.mode.writes:
        base = words.expression(case.conflict, act).partition("[")[0]
        return f"`{base}.setdefault(…)` checks and stores in one step. Or: {_GUARD}"
    if not in_container and not act.mode.writes:
        what = words.expression(case.conflict, read)
        return f"Read `{what}` once, into a local variable, and check and use that. Or: {_GUARD}"
    return _GUARD


def _twice(_: Words, __: Case, ___: Sources) -> str:
    return (
        f"{_GUARD} A check without the lock may stand around it, if one with the lock follows. "
        "Or make it before the threads start: at import, or in `__init__`."
    )


def _torn(_: Words, __: Case, ___: Sources) -> str:
    return (
        "Hold one lock around the writing and around the reading of all of them; or keep "
        "them in one tuple, which is replaced in one step."
    )


def _iteration(words: Words, case: Case, _: Sources) -> str:
    text = words.expression(case.conflict, case.acting.touch)
    base = re.sub(r"\.(items|keys|values)\(\)$", "", text)
    if case.conflict.kind in _COPIED_IN_ONE_STEP:
        return f"Go through `{base}.copy()`, which is made in one step. Or: {_GUARD}"
    return (
        f"Go through a copy of `{base}` that is made under a lock which "
        f"{words.place(case.other.touch)} holds too."
    )


def _iterator(_: Words, __: Case, ___: Sources) -> str:
    return (
        "Give each thread its own iterator, hold one lock around each next(), or let one "
        "thread put the items into a queue.Queue that the others get from."
    )


def _writes(_: Words, case: Case, __: Sources) -> str:
    one_function = case.acting.touch.function == case.other.touch.function
    if one_function and case.conflict.part != "item":
        return (
            "If each thread wants its own value, keep it in a local variable or in a "
            f"threading.local(). If they share it: {_GUARD}"
        )
    return _GUARD


def _publication(_: Words, __: Case, ___: Sources) -> str:
    return (
        "Nothing, if the old value does no harm. If the reader has to see the new one, let "
        "it wait for it: with an Event, a queue or a join."
    )


_REMEDIES = {
    rules.LOST_UPDATE.code: _update,
    rules.CHECK_THEN_ACT.code: _check,
    rules.DOUBLE_INITIALISATION.code: _twice,
    rules.TORN_READ.code: _torn,
    rules.MUTATED_WHILE_ITERATED.code: _iteration,
    rules.SHARED_ITERATOR.code: _iterator,
    rules.UNORDERED_WRITES.code: _writes,
    rules.UNORDERED_PUBLICATION.code: _publication,
}
