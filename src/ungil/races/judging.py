"""What a run gave -> the findings of `race`: one for each bug, and what was not seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ungil import rules
from ungil.findings import Excerpt, Finding, Location, Step
from ungil.races.candidate import Candidate
from ungil.races.foretelling import candidate_of, candidate_of_cycle
from ungil.races.kinds import Case, Kinds, torn
from ungil.races.messages import message
from ungil.races.observed import Blocked, Compound, Cycle, Observation, Side
from ungil.races.remedies import remedy
from ungil.races.scope import is_foundation
from ungil.races.sources import NO_SOURCES, Sources
from ungil.races.trace import Site
from ungil.races.words import Words, lock_name, thread_name

__all__ = ["Judged", "closing", "judge", "judged", "run_once"]

_MOST_TESTS = 5
"""Tests that are named."""

_MOST_NAMES = 12


def judge(observation: Observation, folder: Path, sources: Sources = NO_SOURCES) -> list[Finding]:
    """Judge a run.

    Args:
        observation: What was seen.
        folder: The working directory, where the user's own files are.
        sources: Of what ran; where they are missing, less can be told apart.

    Returns:
        The findings, the worst first.
    """
    return [one.finding for one in judged(observation, folder, sources)]


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding, and what would confirm it.

    Attributes:
        finding: It.
        candidate: What a schedule has to show; None where nothing is to be confirmed.
        test: The test of pytest that it was seen in; empty outside.
    """

    finding: Finding
    candidate: Candidate | None = None
    test: str = ""


def judged(observation: Observation, folder: Path, sources: Sources = NO_SOURCES) -> list[Judged]:
    """Judge a run; as `judge`, with what would confirm each finding."""
    kinds = Kinds(observation, sources)
    cases = torn(case for case in map(kinds.of, observation.conflicts) if case is not None)
    words = Words(folder)
    found = [
        Judged(_race(bug, words, sources), candidate_of(bug.case), bug.case.conflict.test)
        for bug in _bugs(cases, observation.compounds)
    ]
    found += [
        Judged(_inversion(cycle, words, sources), candidate_of_cycle(cycle), cycle.test)
        for cycle in observation.cycles
    ]
    found += map(Judged, _waits(observation.blocked, words, sources))
    found += map(Judged, _unseen(observation))
    return sorted(found, key=_badness)


def _badness(judged: Judged) -> tuple[object, ...]:
    one = judged.finding
    return one.rule.severity.rank, -one.count, one.rule.code, one.subject


def closing(observation: Observation, findings: Sequence[Finding], *, stdlib: bool) -> str:
    """The last line of a report: what was watched, and what was not.

    Args:
        observation: What was seen.
        findings: What was found.
        stdlib: Was the standard library watched as well?
    """
    if not observation.watched:
        return "Nothing was watched, so nothing is known."
    counts: dict[str, int] = {}
    for module in observation.watched:
        top = module.partition(".")[0]
        counts[top] = counts.get(top, 0) + 1
    parts = [
        "the script" if top == "__main__" else f"{n} module{'' if n == 1 else 's'} of {top}"
        for top, n in counts.items()
    ]
    races = any(f.ignored is None and f.rule is not rules.PARTLY_WATCHED for f in findings)
    seen = f"{'Watched' if races else 'Nothing found in what was watched'}: {_few(parts)}."
    unwatched = [*dict.fromkeys(observation.unwatched)]
    unwatched = [*unwatched, *([] if stdlib else ["the standard library"]), "code in C"]
    return f"{seen} Not watched: {', '.join(unwatched)}."


def run_once(tests: Sequence[tuple[str, str]]) -> list[str]:
    """A sentence that names the tests that were not run beside themselves, if any.

    Args:
        tests: `Observation.unsafe_tests`.
    """
    if not tests:
        return []
    named = [f"{test} ({reason})" for test, reason in tests[:_MOST_TESTS]]
    more = len(tests) - len(named)
    return [
        "Run once only, as they cannot run beside themselves: "
        + "; ".join(named)
        + (f"; and {more} more" if more else "")
        + "."
    ]


@dataclass
class _Bug:
    """Cases that one change mends."""

    case: Case
    places: frozenset[Site]
    count: int = 0

    def order(self) -> tuple[object, ...]:
        """Which is looked at first: what is wrong with one step, before it meets others."""
        severity = self.case.rule.severity.rank
        return severity, len(self.places), self.case.rank, -self.count, self.case.places


@dataclass
class _Groups:
    """Places that are parts of one step."""

    parents: dict[Site, Site] = field(default_factory=dict)

    def of(self, one: Site) -> Site:
        """The place that stands for all of its step."""
        while one in self.parents:
            one = self.parents[one]
        return one

    def join(self, one: Site, other: Site) -> None:
        """They are parts of one step."""
        first, second = sorted((self.of(one), self.of(other)))
        if first != second:
            self.parents[second] = first


def _bugs(cases: Iterable[Case], compounds: Iterable[Compound]) -> list[_Bug]:
    """One for each pair of steps, the worst of it; none for what lies within worse ones."""
    groups = _Groups()
    for compound in compounds:
        groups.join(compound.read.site, compound.act.site)
    bugs: dict[frozenset[Site], _Bug] = {}
    for case in cases:
        places = frozenset(map(groups.of, case.places))
        bug = bugs.setdefault(places, _Bug(case, places))
        if (case.rank, case.places) < (bug.case.rank, bug.case.places):
            bug.case = case
        bug.count += sum(max(one.count, 1) for one in (case.conflict, *case.fields))
    kept: list[_Bug] = []
    told: set[Site] = set()
    for bug in sorted(bugs.values(), key=_Bug.order):
        if not bug.places <= told:
            kept.append(bug)
            told |= bug.places
    return kept


def _race(bug: _Bug, words: Words, sources: Sources) -> Finding:
    case = bug.case
    sides = (
        _excerpt(case, words, sources, acting=True),
        _excerpt(case, words, sources, acting=False),
    )
    return Finding(
        case.rule,
        words.subject(case),
        message(words, case),
        remedy(words, case, sources),
        sides[0].location,
        steps=(
            *_steps(sides[:1]),
            *_halves(case, words, sides[0].location),
            *_steps(sides[1:]),
        ),
        sides=sides,
        count=bug.count,
    )


def _steps(sides: Iterable[Excerpt]) -> tuple[Step, ...]:
    return tuple(step for side in sides for step in (Step(side.title, side.location), *side.calls))


def _halves(case: Case, words: Words, told: Location) -> Iterator[Step]:
    """Where the halves of a step are, but for what is told of anyway."""
    touches = () if case.compound is None else (case.compound.read, case.compound.act)
    for touch in touches:
        at = words.location(touch.site.path, touch.site.line)
        if at != told:
            where = f" in {touch.function}" if touch.function else ""
            yield Step(f"{words.expression(case.conflict, touch)}{where}", at)
            told = at


def _excerpt(case: Case, words: Words, sources: Sources, *, acting: bool) -> Excerpt:
    side = case.acting if acting else case.other
    at = side.touch.site
    sites = [at]
    if acting and case.compound is not None:
        read, act = case.compound.read.site, case.compound.act.site
        first, last = case.compound.around or (read, act)
        at = first if case.compound.how == "check" else last
        sites = [first, last, read, act]
    for one in case.fields:
        of_writer = acting is one.first_mode.writes
        sites.append((one.first if of_writer else one.second).touch.site)
    here = {(site.path, site.line) for site in sites}
    calls = tuple(
        Step(f"in {call.text}" if call.text else "called", words.location(call.path, call.line))
        for call in _own(side.stack)
        if (call.path, call.line) not in here
    )
    return Excerpt(
        words.title(case, acting=acting),
        words.location(at.path, at.line),
        sources.excerpt(at.path, _marks(at, sites)),
        calls,
        _function_at(at, side),
    )


def _function_at(at: Site, side: Side) -> str:
    """The name of the function that a side's excerpt is of."""
    around = (call.text for call in side.stack if (call.path, call.line) == (at.path, at.line))
    return next(around, side.touch.function)


def _own(stack: Sequence[Site]) -> Sequence[Site]:
    """The calls without those that start every thread and every program."""
    end = len(stack)
    while end and is_foundation(stack[end - 1].path):
        end -= 1
    return stack[:end]


def _marks(at: Site, sites: Iterable[Site]) -> dict[int, str]:
    return {site.line: site.text for site in sites if site.path == at.path}


def _inversion(cycle: Cycle, words: Words, sources: Sources) -> Finding:
    sides = []
    told = []
    for number, (held, taken, held_at, taken_at) in enumerate(cycle.steps):
        holds, takes = lock_name(held), lock_name(taken)
        thread = "a thread"
        if cycle.threads:
            thread = thread_name(cycle.threads[number % len(cycle.threads)])
        at = words.location(taken_at.path, taken_at.line)
        before = words.location(held_at.path, held_at.line)
        told.append(f"{thread} holds `{holds}`, taken at {before}, and takes `{takes}` at {at}")
        marks = _marks(taken_at, (held_at, taken_at))
        sides.append(
            Excerpt(
                f"{thread} takes {takes}, holding {holds}",
                at,
                sources.excerpt(taken_at.path, marks),
                (Step(f"took {holds}", before),),
            )
        )
    names = (lock_name(held) or "a lock" for held, *_ in cycle.steps)
    order = list(dict.fromkeys(names)) or ["the locks"]
    last = sides[-1].location if sides else None
    said = "; ".join(told) or "locks are taken in a circle"
    return Finding(
        rules.LOCK_ORDER_INVERSION,
        " and ".join(order),
        f"{said[0].upper()}{said[1:]}: they may wait for each other for ever.",
        f"Take them in one order everywhere, such as {_arrows(order)}"
        + (f": change {last}, or let go of the first lock before." if last else "."),
        sides[0].location if sides else None,
        steps=_steps(sides),
        sides=tuple(sides),
        count=1,
    )


def _arrows(names: Sequence[str]) -> str:
    return " before ".join(f"`{name}`" for name in names)


def _waits(everything: Iterable[Blocked], words: Words, sources: Sources) -> Iterator[Finding]:
    groups: dict[tuple[str, int, str], list[Blocked]] = {}
    for blocked in everything:
        key = (blocked.site.path, blocked.site.line, blocked.what)
        groups.setdefault(key, []).append(blocked)
    for group in groups.values():
        first = group[0]
        locks = list(dict.fromkeys(lock for one in group for lock in one.locks))
        at = words.location(first.site.path, first.site.line)
        held = ", ".join(map(words.lock, locks)) or "a lock"
        title = f"calls {first.what}, holding {', '.join(map(lock_name, locks)) or 'a lock'}"
        lines = sources.excerpt(first.site.path, _marks(first.site, [first.site]))
        yield Finding(
            rules.LOCK_HELD_WHILE_BLOCKING,
            (locks and lock_name(locks[0])) or first.what or "a call that waits",
            f"`{first.what}` is called at {at} while {held} is held: all who want it wait as well.",
            "Let go of the lock before, or take what is needed out of it first.",
            at,
            steps=(Step(title, at),),
            sides=(Excerpt(title, at, lines),),
            count=len(group),
        )


def _unseen(observation: Observation) -> Iterator[Finding]:
    if not observation.watched:
        yield Finding(
            rules.NOTHING_WATCHED,
            "the program",
            "Nothing of it was watched: it ended before any watched module ran, or none of its "
            "modules lies in the project's folder.",
            "Look at what it printed. Run it from the project's folder, or name packages "
            "with --include.",
        )
    names = list(dict.fromkeys(observation.unwatched))
    if names:
        yield Finding(
            rules.PARTLY_WATCHED,
            "other packages",
            f"They ran and were not watched: {_few(names)}. Races in them, and in what they do "
            "with the objects that they are given, were not seen.",
            f"`--include {names[0]}` watches that one as well.",
        )
    for problem in dict.fromkeys(filter(None, observation.problems)):
        yield Finding(
            rules.PARTLY_WATCHED,
            "the watch",
            problem,
            "Read the message; what it names may have races that are not in this report.",
        )
    for test, reason in dict.fromkeys(observation.unsafe_tests):
        yield Finding(
            rules.PARTLY_WATCHED,
            test or "a test",
            f"It was not run beside itself: {reason}.",
            "Let it use what belongs to one run of it alone, or write a test with threads.",
        )


def _few(names: Sequence[str]) -> str:
    left = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {left} more" if left > 0 else "")
