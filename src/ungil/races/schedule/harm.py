"""Did an execution do the harm that a candidate foretells?

A candidate is what a watch of the program suspects: two places, or a step of two that
another thread can break into. It is confirmed by an execution in which that happens, such
as one thread's writing between another's reading and the writing back (the interleavings
that no serial order gives: S. Lu, J. Tucek, F. Qin, Y. Zhou, "AVIO: Detecting Atomicity
Violations via Access Interleaving Invariants", ASPLOS 2006).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ungil.races.candidate import Candidate, Spot, place_of, spot_of
from ungil.races.schedule.world import Outcome

if TYPE_CHECKING:
    from ungil.races.schedule.threads import Access, Point, Segment, Thread, Variable
    from ungil.races.schedule.world import World

__all__ = ["ENDLESS", "HARM", "HUNG", "judge", "judge_each"]

HARM = "harm"
"""The kind of an outcome: nothing failed, but what was foretold happened."""

HUNG = "hung"
"""It had to be ended from outside."""

ENDLESS = "endless"
"""It would have to be, or is too long to be seen to its end."""

_MOST = 2_000
"""Passings of a candidate's places that are looked at in one execution."""


class _Pass(NamedTuple):
    """A thread comes past a spot, in a segment of this number."""

    segment: int
    thread: Thread
    spot: Spot
    half: str
    accesses: list[Access]

    @property
    def place(self) -> str:
        return f"{self.spot.path}:{self.spot.line}"

    def writes(self, variables: set[Variable]) -> bool:
        return any(one.writes and one.variable in variables for one in self.accesses)

    @property
    def variables(self) -> set[Variable]:
        return {one.variable for one in self.accesses}


def judge_each(
    candidates: Sequence[Candidate | None], world: World, outcome: Outcome
) -> list[Outcome]:
    """How an execution ended, as far as each of some candidates is concerned.

    Returns:
        Of None the outcome itself. Else the outcome if it is a failure and what was foretold
        happened as well; one of the kind `harm` if only this is so; `endless` if it came to no
        end; or one that passed.
    """
    passes = list(_passes(world.segments)) if any(candidates) else []
    return [outcome if one is None else _judged(one, world, passes, outcome) for one in candidates]


def judge(candidate: Candidate, world: World, outcome: Outcome) -> Outcome:
    """As `judge_each`, of one."""
    (found,) = judge_each([candidate], world, outcome)
    return found


def _judged(
    candidate: Candidate, world: World, passes: Sequence[_Pass], outcome: Outcome
) -> Outcome:
    if candidate.kind == "deadlock":
        here = outcome.kind == "deadlock" and _waits_at(world, candidate.spots)
        return outcome if here else Outcome("passed")
    found = _JUDGES[candidate.kind](passes, candidate.spots)
    if found is None:
        # Of what came to no end it is not known.
        return Outcome(ENDLESS, outcome.text) if outcome.kind == "livelock" else Outcome("passed")
    text, last = found
    if outcome.is_failure and outcome.kind != "livelock":
        return outcome
    return Outcome(HARM, text, last=last.segment)


_Found = tuple[str, _Pass] | None
"""What happened, in words, and the pass that completed it."""


def _waits_at(world: World, spots: Sequence[Spot]) -> bool:
    lines = {spot[:2] for spot in spots}
    return any(
        one.blocked is not None and one.point is not None and place_of(one.point.touch)[:2] in lines
        for one in world.threads
    )


def _passes(segments: Sequence[Segment]) -> Iterator[_Pass]:
    spots: dict[Point, Spot] = {}
    for number, segment in enumerate(segments):
        for point, half, accesses in segment.places:
            if point not in spots:
                spots[point] = spot_of(point.touch)
            yield _Pass(number, segment.thread, spots[point], half, accesses)


def _step(passes: Sequence[_Pass], spots: Sequence[Spot]) -> _Found:
    read, act = spots[:2]
    since: dict[Thread, tuple[int, _Pass]] = {}
    for at, one in enumerate(passes):
        begun = since.get(one.thread)
        # Of a place that does both, the halves tell them apart; a loop acts at each step.
        if begun is not None and one.spot == act and (read != act or one.half != begun[1].half):
            start, reading = begun
            for other in passes[start + 1 : at]:
                if other.thread is not one.thread and other.writes(reading.variables):
                    text = (
                        f"{one.thread.name} uses `{read.text}` at {reading.place}, then "
                        f"{other.thread.name} changes it at {other.place}, and {one.thread.name} "
                        f"goes by what it had found, in `{act.text}` at {one.place}"
                    )
                    return text, one
            if one.half != "next":
                del since[one.thread]
        if one.spot == read and one.half in {"", "reads"}:
            since[one.thread] = at, one
    return None


def _stack(passes: Sequence[_Pass], spots: Sequence[Spot]) -> _Found:
    put, take = spots
    stacks: dict[Variable, list[_Pass]] = {}
    for one in passes:
        for variable in (access.variable for access in one.accesses if access.writes):
            stack = stacks.setdefault(variable, [])
            if one.spot == put:
                stack.append(one)
            elif one.spot != take:
                stack.clear()  # what is on top now is not known
            elif stack and (top := stack.pop()).thread is not one.thread:
                if all(below.thread is not one.thread for below in stack):
                    continue  # it has put nothing there that it could mean
                text = (
                    f"{top.thread.name} puts something on top with `{put.text}` at {top.place}, "
                    f"and {one.thread.name} takes it for its own, in `{take.text}` at {one.place}"
                )
                return text, one
    return None


def _twice(passes: Sequence[_Pass], spots: Sequence[Spot]) -> _Found:
    (spot,) = spots
    seen: dict[Variable, _Pass] = {}
    for one in passes:
        if one.spot != spot:
            continue
        for access in one.accesses:
            if not access.writes:
                continue
            before = seen.setdefault(access.variable, one)
            if before.thread is not one.thread:
                text = (
                    f"both {before.thread.name} and {one.thread.name} find `{spot.text}` missing "
                    f"at {one.place}, and each makes its own"
                )
                return text, one
    return None


def _order(passes: Sequence[_Pass], spots: Sequence[Spot]) -> _Found:
    first, second = spots
    came: list[_Pass] = []
    for one in passes[:_MOST]:
        if one.spot == first:
            for before in came:
                later = first != second or _is_later(before.thread, one.thread)
                if before.thread is not one.thread and later and _meet(before, one):
                    text = (
                        f"`{second.text}` of {before.thread.name} at {before.place} comes before "
                        f"`{first.text}` of {one.thread.name} at {one.place}; it was the other way "
                        "round when the program was watched, and nothing orders them"
                    )
                    return text, one
        if one.spot == second:
            came.append(one)
    return None


def _is_later(one: Thread, other: Thread) -> bool:
    """Was it started later?"""
    return _descent(one) > _descent(other)


def _descent(thread: Thread) -> list[int]:
    return [int(part) for part in thread.path.split(".")]


def _meet(one: _Pass, other: _Pass) -> bool:
    return one.writes(other.variables) or other.writes(one.variables)


def _torn(passes: Sequence[_Pass], spots: Sequence[Spot]) -> _Found:
    writing, reading = spots[::2], spots[1::2]
    pairs = set(zip(writing, reading, strict=True))
    writes = list(_in_a_row(passes[:_MOST], writing))
    if len(set(writing)) == 1:  # all at once
        writes = [(one, one) for one in passes[:_MOST] if one.spot in writing]
    for earlier, later in _in_a_row(passes[:_MOST], reading):
        for first, second in writes:
            if first.thread is earlier.thread:
                continue
            old = [
                _saw(passes, write, one)
                for one in (earlier, later)
                for write in (first, second)
                if (write.spot, one.spot) in pairs and _meet(write, one)
            ]
            if len(set(old)) > 1:
                text = (
                    f"{earlier.thread.name} uses `{earlier.spot.text}` at {earlier.place} and "
                    f"`{later.spot.text}` at {later.place}, one from before and one from after "
                    f"what {first.thread.name} writes at {first.place}"
                )
                return text, later
    return None


def _saw(passes: Sequence[_Pass], write: _Pass, read: _Pass) -> bool:
    return next(one is write for one in passes if one is write or one is read)


def _in_a_row(passes: Sequence[_Pass], spots: Sequence[Spot]) -> Iterator[tuple[_Pass, _Pass]]:
    """Two of the spots, one after the other in one thread."""
    last: dict[Thread, _Pass] = {}
    for one in passes:
        if one.spot in spots and one.half != "reads":
            before = last.get(one.thread)
            if before is not None and before.spot != one.spot:
                yield before, one
            last[one.thread] = one


_JUDGES: dict[str, Callable[[Sequence[_Pass], Sequence[Spot]], _Found]] = {
    "stack": _stack,
    "step": _step,
    "twice": _twice,
    "order": _order,
    "torn": _torn,
}
