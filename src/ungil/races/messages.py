"""What a race does, in a sentence or two."""

from __future__ import annotations

from collections.abc import Callable

from ungil import rules
from ungil.races.containers import empties
from ungil.races.kinds import Case
from ungil.races.observed import Side
from ungil.races.words import Words, joined

__all__ = ["message"]


def message(words: Words, case: Case) -> str:
    """What was found, in a sentence or two."""
    said = _MESSAGES[case.rule.code](words, case)
    return f"{_raised(said)} {_locks(words, case)}"


def _locks(words: Words, case: Case) -> str:
    held = [
        f"{name} held {joined([words.lock(lock) for lock in side.locks])}"
        for name, side in zip(words.threads(case), (case.acting, case.other), strict=True)
        if side.locks
    ]
    if not held:
        return "Neither held a lock."
    if case.conflict.exclusive:
        return _raised(f"{joined(held)}, and let go of it in between.")
    return _raised(f"{held[0]}, the other none." if len(held) == 1 else f"{joined(held)}.")


def _step(words: Words, case: Case, first: str, then: str) -> str:
    """E.g. `is read at a.py:3 and written back at a.py:5`."""
    if case.compound is None:
        return f"is {first} and {then} at {words.place(case.acting.touch)}"
    read, act = case.compound.read.site, case.compound.act.site
    places = [str(words.location(site.path, site.line)) for site in (read, act)]
    step = f"is {first} at {places[0]} and {then} at {places[1]}"
    if places[0] == places[1]:
        step = f"is {first} and {then} at {places[0]}"
    calls = [str(words.location(site.path, site.line)) for site in case.compound.around or ()]
    called = [call for call in dict.fromkeys(calls) if call not in places]
    return f"{step} (called from {joined(called)})" if called else step


def _lost_update(words: Words, case: Case) -> str:
    one, other = words.threads(case)
    empty = case.compound is not None and empties(case.compound.act)
    step = _step(words, case, "read", "emptied" if empty else "written back")
    return (
        f"{words.variable(case)} {step} by {one}; what {other} writes in between, at "
        f"{words.place(case.other.touch)}, is lost."
    )


def _check_then_act(words: Words, case: Case) -> str:
    one, other = words.threads(case)
    if case.compound is not None and case.compound.how == "stack":
        return (
            f"{words.variable(case)} is used as a stack: {one} takes away at "
            f"{words.place(case.compound.act)} what it has put on top at "
            f"{words.place(case.compound.read)}; {other} may put its own there in between."
        )
    step = _step(words, case, "checked", "acted on")
    return (
        f"{words.variable(case)} {step} by {one}; {other} may change it in between, at "
        f"{words.place(case.other.touch)}."
    )


def _double_initialisation(words: Words, case: Case) -> str:
    step = _step(words, case, "looked for", "made")
    return (
        f"{words.variable(case)} {step}; {joined(words.threads(case))} may both find it "
        "missing, and each make its own."
    )


def _torn_read(words: Words, case: Case) -> str:
    one, other = words.threads(case)
    return (
        f"{words.variable(case)} are written in {case.acting.touch.function} by {one} and read "
        f"in {case.other.touch.function} by {other}, which may see some of them new and some "
        "of them old."
    )


def _mutated_while_iterated(words: Words, case: Case) -> str:
    one, other = words.threads(case)
    return (
        f"{one} goes through {words.variable(case)} at {words.place(case.acting.touch)} while "
        f"{other} changes it at {words.place(case.other.touch)}: items may be missed or met "
        "twice, or RuntimeError is raised."
    )


def _shared_iterator(words: Words, case: Case) -> str:
    harm = (
        "the one that comes while the other is in it gets a ValueError"
        if "generator" in case.conflict.kind
        else "both may get the same item, or neither gets one"
    )
    return (
        f"{joined(words.threads(case))} take from {words.variable(case)} "
        f"{_where(words, case.acting, case.other)}: {harm}."
    )


def _unordered_writes(words: Words, case: Case) -> str:
    return (
        f"{joined(words.threads(case))} both write {words.variable(case)} "
        f"{_where(words, case.acting, case.other)}, and nothing orders them: chance decides "
        "which value stays."
    )


def _unordered_publication(words: Words, case: Case) -> str:
    one, other = words.threads(case)
    modes = (case.conflict.first_mode, case.conflict.second_mode)
    acting_is_first = case.acting is case.conflict.first
    writes = modes[0 if acting_is_first else 1].writes
    writer, reader = (one, other) if writes else (other, one)
    sides = (case.acting, case.other) if writes else (case.other, case.acting)
    return (
        f"{writer} writes {words.variable(case)} at {words.place(sides[0].touch)} and {reader} "
        f"reads it at {words.place(sides[1].touch)}, and nothing orders them: it may see the "
        "old value."
    )


def _where(words: Words, one: Side, other: Side) -> str:
    places = dict.fromkeys([words.place(one.touch), words.place(other.touch)])
    return f"at {joined(list(places))}"


def _raised(text: str) -> str:
    return text[:1].upper() + text[1:]


_MESSAGES: dict[str, Callable[[Words, Case], str]] = {
    rules.LOST_UPDATE.code: _lost_update,
    rules.CHECK_THEN_ACT.code: _check_then_act,
    rules.DOUBLE_INITIALISATION.code: _double_initialisation,
    rules.TORN_READ.code: _torn_read,
    rules.MUTATED_WHILE_ITERATED.code: _mutated_while_iterated,
    rules.SHARED_ITERATOR.code: _shared_iterator,
    rules.UNORDERED_WRITES.code: _unordered_writes,
    rules.UNORDERED_PUBLICATION.code: _unordered_publication,
}
