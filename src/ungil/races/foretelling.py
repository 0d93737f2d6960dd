"""What a schedule has to show for a race to be confirmed: plain data, from what was judged."""

from __future__ import annotations

from ungil import rules
from ungil.races.candidate import Candidate, Spot, place_of, spot_of
from ungil.races.kinds import Case
from ungil.races.observed import Cycle
from ungil.races.trace import Mode, Touch

__all__ = ["candidate_of", "candidate_of_cycle"]


def candidate_of(case: Case) -> Candidate:
    """Of two accesses that nothing orders."""
    acting = spot_of(case.acting.touch)
    if case.fields:
        spots: list[Spot] = []
        for one in (case.conflict, *case.fields):
            writing, reading = one.first, one.second
            if not one.first_mode.writes:
                writing, reading = reading, writing
            spots += [spot_of(writing.touch), spot_of(reading.touch)]
        return Candidate("torn", tuple(spots))
    if case.compound is not None:
        step = spot_of(case.compound.read), spot_of(case.compound.act)
        if case.compound.how == "stack":
            return Candidate("stack", step)
        return Candidate("step", (*step, spot_of(case.other.touch)))
    if case.rule is rules.MUTATED_WHILE_ITERATED or _has_halves(case.acting.touch):
        return Candidate("step", (acting, acting, spot_of(case.other.touch)))
    if case.rule is rules.DOUBLE_INITIALISATION:
        return Candidate("twice", (acting,))
    sides = (case.conflict.first, case.conflict.second)
    return Candidate("order", tuple(spot_of(side.touch) for side in sides))


def candidate_of_cycle(cycle: Cycle) -> Candidate:
    """Of locks that are taken in a circle."""
    taken = [Touch(taken_at, "", Mode.READ) for *_, taken_at in cycle.steps]
    return Candidate("deadlock", tuple(Spot(*place_of(one), "", "") for one in taken))


def _has_halves(touch: Touch) -> bool:
    return touch.mode is Mode.UPDATE and touch.form != "next"
