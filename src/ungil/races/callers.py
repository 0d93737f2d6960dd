"""The steps of functions that call for what two threads were seen to do.

`if not store.has(k): store.put(k, v)` touches nothing itself. One thread was seen in `has`, the
other in `put`: the calls around the two tell that one function called both, and its source that
the second call follows from the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ungil.races.instrument.through import names_of
from ungil.races.observed import Compound, Side
from ungil.races.scope import is_foundation
from ungil.races.seen import Seen
from ungil.races.sources import Sources
from ungil.races.trace import Site

__all__ = ["steps_of_callers"]

# The forms of touches that are of what their name says.
_NAMING = frozenset({"attribute", "named", "variable"})

# Generator expressions are functions of their own; the others were in older versions of Python.
_COMPREHENSION = re.compile(r"<(?:listcomp|setcomp|dictcomp|genexpr)>$")


class _Call(NamedTuple):
    """Where a function is in a call, or in a touch.

    Attributes:
        path: Of the file.
        line: In it.
        function: Its qualified name.
        names: Of the functions that this led to, or may have.
        variable: The attribute or global that a touch is of.
    """

    path: str
    line: int
    function: str
    names: frozenset[str]
    variable: str = ""

    @property
    def name(self) -> str:
        """Of the function, as it is called."""
        return self.function.rpartition(".")[2]

    def shares_function_with(self, other: _Call) -> bool:
        """Are both in one function?"""
        return (self.path, self.function) == (other.path, other.function)


class _Way(NamedTuple):
    """How a function led to what a side did.

    Attributes:
        side: It.
        below: The side's touch, and the calls between it and the function, the nearest first;
            nothing if the touch is in the function itself.
        call: The function's own call, or the touch.
        above: The calls around the function.
    """

    side: Side
    below: Sequence[_Call]
    call: _Call
    above: Sequence[_Call]


def steps_of_callers(mine: Side, other: Side, seen: Seen, sources: Sources) -> Iterator[Compound]:
    """The steps of a function that calls for what this side read, or for what the other did.

    The other thread wrote in such a call; had this one come earlier, it had called it too.

    Args:
        mine: The side that read.
        other: The side that wrote.
        seen: What else the run did.
        sources: Tell which call follows from which.
    """
    reading, writing = _calls(mine), _calls(other)
    for depth, call in enumerate(reading):
        # Where both touches are in the function itself, nothing is called.
        for at, another in enumerate(writing):
            if (depth or at) and call.shares_function_with(another):
                read = _Way(mine, reading[:depth], call, reading[depth + 1 :])
                acted = _Way(other, writing[:at], another, writing[at + 1 :])
                yield from _steps_of(read, acted, seen, sources)
                break
        if not sources.steps(call.path).returned(call.line, call.names):
            break  # what was read goes no further


def _calls(side: Side) -> list[_Call]:
    """Where an access was made, and the calls that led there, the nearest first."""
    touch = side.touch
    variable = touch.name if touch.form in _NAMING else ""
    found = [_Call(touch.site.path, touch.site.line, touch.function, names_of(touch), variable)]
    names: frozenset[str] = frozenset()
    for number, call in enumerate(side.stack):
        if is_foundation(call.path):
            break
        if _COMPREHENSION.search(call.text) or (number == 0 and call.text == touch.function):
            continue  # the one that the touch stands in
        names |= {found[-1].name}
        found.append(_Call(call.path, call.line, call.text, names))
    return found


def _steps_of(read: _Way, acted: _Way, seen: Seen, sources: Sources) -> Iterator[Compound]:
    """The steps of one function that led to both."""
    first, then = read.call, acted.call
    parted = (
        _lets_go(read, sources)
        and _lets_go(acted, sources)
        and all(sources.only_looks(call.path, call.function) for call in read.below)
    )
    sites = (Site(first.path, first.line), Site(then.path, then.line))
    known = sources.steps(first.path)
    for how in known.follows(first.line, first.names, then.line, then.names):
        if how == "value" or not (
            _checks_again(read, acted, seen) or _asks_again(read, acted, sources)
        ):
            yield Compound(read.side.touch, acted.side.touch, how, sites, parted)


def _lets_go(way: _Way, sources: Sources) -> bool:
    """Were all locks that a side held taken below the function, if there are any?

    What is called above the function as well, such as what a decorator wraps methods in, may
    have taken them there.
    """
    within = {(call.path, call.function) for call in way.below}
    within -= {(call.path, call.function) for call in (way.call, *way.above)}
    for lock in way.side.locks if way.below else ():
        path, _, line = lock.rpartition(", taken at ")[2].rpartition(":")
        functions = sources.steps(path).functions(int(line)) if line.isdecimal() else ()
        if not functions or any((path, one) not in within for one in functions):
            return False
    return True


def _checks_again(read: _Way, acted: _Way, seen: Seen) -> bool:
    """Does what was called, with a lock, check once more where nobody can break in?

    Then the check before it is not needed. What checks is the function that acts, or one
    through which it was called.
    """
    if not acted.side.locks:
        return False
    within = {(call.path, call.function) for call in acted.below}
    nearer = [one.read for one in seen.ended_by(acted.side.touch) if one.how == "check"]
    nearer += (
        one for one in seen.checks_like(read.side.touch) if (one.site.path, one.function) in within
    )
    return any(not seen.is_broken_into(one) for one in nearer)


def _asks_again(read: _Way, acted: _Way, sources: Sources) -> bool:
    """Likewise, where the one that acts is called behind the check, or makes it by a call."""
    if not acted.side.locks:
        return False
    touch = (*read.below, read.call)[0]
    names = {touch.variable, *(call.name for call in read.below)} - {""}
    return any(
        not names.isdisjoint(used) and (call is not acted.call or line > read.call.line)
        for call in (*acted.below, acted.call)
        for line, used in sources.steps(call.path).checks(call.line, call.names)
    )
