"""Modules that switch the GIL on, or may: what there is to say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ungil import rules
from ungil.findings import Evidence, Module, Rule, listed
from ungil.readiness.declarations import Reading

__all__ = ["Said", "said_of"]

_MOST_REASONS = 3

_INSTALLED = "Do not install it. Build the wheel again, or ask where it comes from what happened."
_UNREAD = "Try again; --evidence tag leaves wheels unread."
_ASKED = "`ungil check --import` finds out, by running the code."
_TRUST = "Trust the import, and report to ungil which wheel it was."


@dataclass(frozen=True, slots=True)
class Said:
    """A finding but for what it is about.

    Attributes:
        rule: The kind.
        message: What was found.
        evidence: What it rests on.
        modules: What it is about, if about some of them only.
        remedy: What to do; empty where that depends on the distribution.
    """

    rule: Rule
    message: str
    evidence: Evidence
    modules: tuple[Module, ...] = ()
    remedy: str = ""


def said_of(reading: Reading, own_tag: str = "") -> list[Said]:
    """What there is to say about a distribution's modules; nothing if all is well.

    Args:
        reading: What was read of them.
        own_tag: The tag of a wheel of the user's own, if that says
            free-threaded: it is then the tag that is wrong.
    """
    if reading.refused:
        message = f"It is refused: {reading.refused}."
        return [Said(rules.REFUSED_ARCHIVE, message, Evidence.DECLARATION, remedy=_INSTALLED)]
    if reading.unread:
        message = f"What its modules declare is not known: {reading.unread}."
        return [Said(rules.UNKNOWN_DECLARATION, message, Evidence.TAG, remedy=_UNREAD)]
    return [
        Said(rule, f"{what}: {listed(modules)}.", reading.evidence, modules, remedy)
        for rule, what, modules, remedy in _groups(reading.modules, own_tag)
        if modules
    ] + _disagreeing(reading)


def _groups(
    modules: Sequence[Module], own_tag: str
) -> list[tuple[Rule, str, tuple[Module, ...], str]]:
    """Each kind of finding, with the modules that there may be for it."""
    used = tuple(m for m in modules if m.declaration == "used")
    single = tuple(m for m in used if m.initialisation == "single-phase" and not m.explicit)
    others = tuple(m for m in used if m not in single)
    at_run_time = tuple(m for m in modules if m.declaration == "run_time")
    unknown = tuple(m for m in modules if m.declaration == "unknown")
    if own_tag:
        what = f"The tag {own_tag} says free-threaded, but importing it switches the GIL on"
        switch = [(rules.TAG_WITHOUT_DECLARATION, what, used, "")]
    else:
        what = "Importing its single-phase modules switches the GIL on"
        switch = [
            (rules.SWITCHES_GIL_ON, "Importing it switches the GIL on", others, ""),
            (rules.UNDECLARED_SINGLE_PHASE, what, single, ""),
        ]
    decides = "Code decides at import whether the GIL stays off"
    untold = "Whether importing it leaves the GIL off is not known"
    return [
        *switch,
        (rules.DECLARED_AT_RUN_TIME, decides, at_run_time, _ASKED),
        (rules.UNKNOWN_DECLARATION, untold, unknown, _ASKED),
    ]


def _disagreeing(reading: Reading) -> list[Said]:
    words = {True: "keeps the GIL off", False: "switches the GIL on"}
    told = [
        f"{read.name} {words[bool(read.keeps_gil_off)]} as it was read ({read.reason}), but "
        f"{words[bool(imported.keeps_gil_off)]} when it is imported ({imported.reason})"
        for read, imported in reading.disagreements
    ]
    if not told:
        return []
    more = f"; and {len(told) - _MOST_REASONS} more" if len(told) > _MOST_REASONS else ""
    message = f"{'; '.join(told[:_MOST_REASONS])}{more}."
    return [Said(rules.READING_DISAGREES, message, Evidence.IMPORTED, remedy=_TRUST)]
