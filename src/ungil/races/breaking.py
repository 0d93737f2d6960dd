"""What becomes of a step if another thread writes in between.

A step is of two touches: what was read, and what was done then, since it was so.
"""

from __future__ import annotations

import re

from ungil import rules
from ungil.findings import Rule
from ungil.races.containers import (
    KEYED,
    SEQUENCES,
    changes,
    empties,
    is_a,
    only_adds,
    takes,
)
from ungil.races.observed import Compound, Conflict
from ungil.races.seen import Seen
from ungil.races.sources import Sources
from ungil.races.trace import Mode, Touch

__all__ = ["bears_a_gap", "broken"]

# Methods that leave what is at an index of a list.
_AT_THE_END = frozenset({"append", "extend", "__iadd__"})

# What `= False` takes away is no value that anybody could still use.
_LOWERED = re.compile(r"=\s*False\s*(?:$|[#;])")

# What `= {}` leaves is new, if it is what a check found missing.
_MADE_EMPTY = re.compile(r"=\s*(?:[\[({'\"0]|False\b)")

# These do what they do only if it is still to be done.
_LOOKS_ITSELF = re.compile(r"\.(?:setdefault|discard)\(|\.pop\([^()]*,")

_LIMITS = re.compile(r"\s*(?:max|min)\(")

_DEEPEST = 1000  # what an empty line is indented by

_MOST_LINES = 60  # between a check and its act, that are looked at


def broken(
    step: Compound, write: Touch, conflict: Conflict, seen: Seen, sources: Sources
) -> Rule | None:
    """Which harm a write in between does to a step; None if it does none.

    Args:
        step: Of one thread.
        write: Of another.
        conflict: In which the two met.
        seen: What else the run did.
        sources: Tell what a check is for.
    """
    act = step.act
    if step.how == "value":
        # What another takes away was on its way out.
        away = empties(act) and takes(write) and not empties(write)
        return None if away or _puts_back(step) else rules.LOST_UPDATE
    if step.read.name == "popitem" and _puts_back(step):
        return None  # at the key that it has taken out
    at_index = act.form in KEYED and not act.name and is_a(conflict, SEQUENCES)
    if at_index and write.name in _AT_THE_END:
        return None  # what is at an index stays there
    if not _interferes(step, write, seen, sources):
        return None
    twice = _initialises(step, write, conflict, sources)
    return rules.DOUBLE_INITIALISATION if twice else rules.CHECK_THEN_ACT


def bears_a_gap(step: Compound, seen: Seen, sources: Sources) -> bool:
    """Does a step that lets go of a lock bear that others come in between?

    What it found it may have made use of before, while it held the lock; or it looks again
    once it has it back, if only at a number that tells whether anything has changed. And who
    waits for its turn, or has said that the turn is its own, knows what comes.

    Args:
        step: Parted, as `Compound` has it.
        seen: What else the run did.
        sources: Tell how the step goes on.
    """
    read, act = step.read, step.act
    used = any(not one.parted and changes(one.act) for one in seen.begun_by(read))
    again = any(not one.parted and one.how == "check" for one in seen.ended_by(act))
    where, then = step.around or (read.site, act.site)
    compares = sources.steps(where.path).idioms.compares(where.line, then.line)
    if used or again or compares or _is_claimed(step, seen, sources):
        return True
    if step.how == "value":
        return not empties(act) and (act.mode is not Mode.WRITE or act.clears)
    waits = sources.line(where.path, where.line).lstrip().startswith("while")
    return waits or bool(_LOOKS_ITSELF.search(act.site.text)) or _looks_itself(act, sources)


def _is_claimed(step: Compound, seen: Seen, sources: Sources) -> bool:
    """Has the thread taken a thing for itself, before it let go of the lock?

    `if k in loading: return` and then `loading.add(k)`, beside `if k in loaded: return`.
    """
    path, first, function = (*step.read.site[:2], step.read.function)
    if step.around:
        return False

    def depth(number: int) -> int:
        line = sources.line(path, number)
        return len(line) - len(line.lstrip()) if line.strip() else _DEEPEST

    return any(
        first <= claim.site.line < step.act.site.line
        and not seen.is_broken_into(claim)
        and min(map(depth, range(first, claim.site.line + 1))) >= depth(first)
        for claim in seen.claims_in(path, function)
    )


def _looks_itself(act: Touch, sources: Sources) -> bool:
    """Does a write go by what is there: `self.top = max(self.top, n)`, or is it a swap?"""
    line = sources.line(act.site.path, act.site.line)
    targets, _, values = line.partition("=")
    swaps = "," in targets and "(" not in targets
    return act.site.text in values and (swaps or bool(_LIMITS.match(values)))


def _puts_back(step: Compound) -> bool:
    """Does it put in what it has taken out? Nobody else had that, so nothing is overwritten.

    A key is another matter: who finds nothing there may begin with what `pop` gives instead.
    """
    read, act = step.read, step.act
    if read.name == "popitem":
        return only_adds(act) or act.name in {"", "__setitem__"}
    return takes(read) and read.name in {"pop", "popleft"} and only_adds(act)


def _interferes(step: Compound, write: Touch, seen: Seen, sources: Sources) -> bool:
    """Does a write break a check-then-act?"""
    act = step.act
    if takes(act) and only_adds(write):
        return False  # who takes has found something, and it is still there
    if changes(act) or seen.writes(act):
        return True
    lowers = _LOWERED.search(sources.line(write.site.path, write.site.line))
    return (write.clears or takes(write)) and not lowers and not _only_tests(act, sources)


def _only_tests(touch: Touch, sources: Sources) -> bool:
    """Is what was read used for nothing but a test?"""
    text = re.escape(touch.site.text)
    line = sources.line(touch.site.path, touch.site.line)
    tested = rf"\b(?:if|elif|while|not|and|or)\s+{text}\s*(?::|\)|and\b|or\b|is\b|==|!=|$)"
    return bool(touch.site.text and re.search(tested, line))


def _initialises(step: Compound, write: Touch, conflict: Conflict, sources: Sources) -> bool:
    """Does the step make what it found missing, and the other thread the same?"""
    read, act = step.read, step.act
    if conflict.part not in {"attribute", "variable"} and "__dict__" not in read.site.text:
        return False
    if act.mode is not Mode.WRITE or _forgets(act, sources):
        return False
    in_one_function = act.function == write.function != "" and write.site.path == act.site.path
    same = write.site == act.site or in_one_function
    return same and not _forgets(write, sources) and _is_for_absence(step, sources)


def _forgets(write: Touch, sources: Sources) -> bool:
    """Does it take away, rather than make something that is empty at first?"""
    line = sources.line(write.site.path, write.site.line)
    return write.clears and not _MADE_EMPTY.search(line)


def _is_for_absence(step: Compound, sources: Sources) -> bool:
    """Do the lines from a check to its act tell that it asks whether there is something?

    Of what was read, of what is written, or of a variable that one of them went into.
    """
    read, act = step.read, step.act
    path, first = read.site.path, read.site.line
    last = first if step.around else act.site.line
    numbers = range(first, min(last, first + _MOST_LINES) + 1)
    text = "\n".join(sources.line(path, number) for number in numbers)
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
