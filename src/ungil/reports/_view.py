"""A report arranged for reading: what every format for people has in common.

Findings of one kind about one subject at one place become one problem,
whatever the number of targets; verdicts become the rows of a table, in which
platforms that agree share a row. How that looks is each format's own affair.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ungil.findings import (
    Evidence,
    Excerpt,
    Finding,
    Import,
    Location,
    Module,
    Report,
    Rule,
    Severity,
    Step,
    Turn,
    Verdict,
)

__all__ = [
    "COLUMNS",
    "Answer",
    "Contents",
    "Problem",
    "Row",
    "Standing",
    "Tally",
    "View",
    "arrange",
    "claim",
    "declares",
    "gil",
    "imported",
    "ordered_verdicts",
    "plural",
    "standing",
    "words",
]

_SEVERITY_WORDS = {
    Severity.ERROR: ("blocker", "blockers"),
    Severity.UNKNOWN: ("unknown", "unknown"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.NOTE: ("note", "notes"),
}

# A race blocks nothing; it does harm.
_OTHER_ERRORS = {"race": ("error", "errors")}

# Rules of which there may be very many, and which ask for nothing.
_INFORMATION = frozenset({"unordered-publication", "lock-held-while-blocking", "partly-watched"})

COLUMNS = (
    "GIL: off stays off, on comes back on, ? unknown, tag not looked into",
    "claims: by its classifiers",
)
"""What the columns of the table beside the cases mean."""


class Standing(enum.Enum):
    """How a distribution stands on a target: the glyph of a cell.

    It is about installing only. Whether the GIL stays off and what is
    claimed have columns of their own and never change the glyph.
    """

    FITS = "installs"
    CATCH = "installs, with a catch"
    BUILD = "needs a build"
    FAILS = "does not install"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Problem:
    """Findings that a person reads as one thing.

    Attributes:
        rule: Of all of them.
        subject: Likewise.
        location: Likewise.
        ignored: Likewise.
        statements: Each message once, with the targets and platforms it
            holds for (empty where that goes without saying).
        remedies: Each remedy once.
        steps: How it came to it, in the first finding that tells.
        sides: The places that meet in it, likewise.
        turns: What threads do in a schedule that shows it, likewise.
        findings: What was put together.
    """

    rule: Rule
    subject: str
    location: Location | None
    ignored: str | None
    statements: tuple[tuple[str, str], ...]
    remedies: tuple[str, ...]
    steps: tuple[Step, ...]
    sides: tuple[Excerpt, ...]
    turns: tuple[Turn, ...]
    findings: tuple[Finding, ...]

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the findings rest on, the weakest first."""
        found = {f.evidence for f in self.findings}
        return tuple(e for e in Evidence if e in found)

    @property
    def informs(self) -> bool:
        """Is it one of many that ask for nothing, and may be left out?"""
        return self.rule.name in _INFORMATION


@dataclass(frozen=True, slots=True)
class Row:
    """One distribution on the platforms that agree about it.

    Attributes:
        name: The distribution.
        version: None if unknown, or if it differs and the cells must say it.
        direct: As in `Verdict`, for the whole distribution.
        platforms: Short names; all of the report's if they all agree.
        everywhere: Do all of the report's platforms share this row?
        cells: By target; a target is missing where nothing is needed.
    """

    name: str
    version: str | None
    direct: bool | None
    platforms: tuple[str, ...]
    everywhere: bool
    cells: dict[str, Verdict]

    @property
    def label(self) -> str:
        """Name and, if it is the same in all cells, version."""
        return self.name if self.version is None else f"{self.name} {self.version}"

    @property
    def claim(self) -> str:
        """The claim of all cells, or each once where they differ."""
        return ", ".join(dict.fromkeys(claim(v) for v in self.cells.values()))


@dataclass(frozen=True, slots=True)
class Contents:
    """The extension modules of one distribution, where they are the same.

    Attributes:
        label: Name and version.
        scope: The targets and platforms; empty for all there are.
        modules: By name.
    """

    label: str
    scope: str
    modules: tuple[Module, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """How often one question was answered yes, no and not at all."""

    yes: int
    no: int
    unknown: int

    @property
    def total(self) -> int:
        """How many distributions it was asked about."""
        return self.yes + self.no + self.unknown

    def __str__(self) -> str:
        unknown = f", {self.unknown} ?" if self.unknown else ""
        return f"{self.yes} of {self.total}{unknown}"


@dataclass(frozen=True, slots=True)
class Tally:
    """The three answers, counted on one target and the platforms that agree."""

    target: str
    platforms: tuple[str, ...]
    everywhere: bool
    installs: Answer
    keeps_gil_off: Answer
    claims_support: Answer


@dataclass(frozen=True, slots=True)
class View:
    """A report, arranged.

    Attributes:
        verb: What made the report.
        targets: The columns.
        platforms: Short name -> full name, in the report's order.
        distributions: How many different ones.
        counts: Problems that are not ignored, by severity; no zeros.
        problems: Those, the heaviest first.
        ignored: The other ones.
        tallies: By target, then by platform.
        rows: The worst first, then by name.
        evidence: How many verdicts rest on what, the weakest first; None
            for those that rest on nothing.
        contents: The modules that were read, by distribution.
    """

    verb: str
    targets: tuple[str, ...]
    platforms: dict[str, str]
    distributions: int
    counts: dict[Severity, int]
    problems: tuple[Problem, ...]
    ignored: tuple[Problem, ...]
    tallies: tuple[Tally, ...]
    rows: tuple[Row, ...]
    evidence: dict[Evidence | None, int]
    contents: tuple[Contents, ...]

    @property
    def headline(self) -> str:
        """E.g. `2 blockers, 1 unknown, 3 warnings in 43 distributions`."""
        counted = [f"{n} {self.name(s)}" for s, n in self.counts.items()]
        found = ", ".join(counted) or "No findings"
        if not self.distributions:
            return found
        return f"{found} in {plural(self.distributions, 'distribution')}"

    def name(self, severity: Severity) -> str:
        """What a person calls as many findings of a severity as there are."""
        words = _SEVERITY_WORDS[severity]
        if severity is Severity.ERROR:
            words = _OTHER_ERRORS.get(self.verb, words)
        return words[self.counts[severity] != 1]

    def informing_line(self, problems: Iterable[Problem]) -> str:
        """E.g. `3 unordered-publication UG408, 1 partly-watched UG411`; empty if none."""
        kinds = [p.rule for p in problems if p.informs]
        return ", ".join(
            f"{kinds.count(rule)} {rule.name} {rule.code}" for rule in dict.fromkeys(kinds)
        )

    @property
    def ignored_line(self) -> str:
        """E.g. `3 findings ignored: UG101, UG105 (2)`; empty if none."""
        codes = [p.rule.code for p in self.ignored]
        times = {code: codes.count(code) for code in sorted(codes)}
        listed = ", ".join(c if n == 1 else f"{c} ({n})" for c, n in times.items())
        return f"{plural(len(codes), 'finding')} ignored: {listed}" if codes else ""

    @property
    def evidence_line(self) -> str:
        """E.g. `Evidence: tag 33, declaration 7, none 2.`; empty without a table."""
        listed = ", ".join(
            f"{'none' if e is None else e.value} {n}" for e, n in self.evidence.items()
        )
        return f"Evidence: {listed}." if listed else ""

    @property
    def standings(self) -> tuple[Standing, ...]:
        """Those that occur in the table."""
        found = {standing(v) for row in self.rows for v in row.cells.values()}
        return tuple(s for s in Standing if s in found)


def plural(number: int, noun: str) -> str:
    """E.g. `1 distribution`, `2 distributions`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def standing(verdict: Verdict) -> Standing:
    """The glyph of a verdict's cell."""
    if verdict.case.name == "source-only":
        return Standing.BUILD
    if verdict.case.severity is Severity.ERROR or verdict.installs is False:
        return Standing.FAILS
    if verdict.case.severity is Severity.UNKNOWN or verdict.installs is None:
        return Standing.UNKNOWN
    return Standing.FITS if verdict.case.severity is Severity.NOTE else Standing.CATCH


# The names of the other rules are short enough to be their own words.
_WORDS = {
    "free-threaded-wheel": "wheel",
    "gil-enabled-wheel": "wheel",
    "no-python-abi": "any ABI",
    "pure-python": "pure",
    "source-only": "build",
}


def words(verdict: Verdict) -> str:
    """The case in one to three short words, e.g. `abi3 only`."""
    name = verdict.case.name
    return _WORDS.get(name, name.replace("-", " "))


def gil(verdict: Verdict) -> str:
    """Where importing it leaves the GIL: `off`, `on`, `?`, or `tag` if nobody looked."""
    if verdict.case.name in _HAS_MODULES and verdict.keeps_gil_off is None:
        return "tag" if verdict.evidence is Evidence.TAG and not verdict.modules else "?"
    return {True: "off", False: "on", None: "?"}[verdict.keeps_gil_off]


_HAS_MODULES = frozenset({"free-threaded-wheel", "no-python-abi"})


def declares(module: Module) -> str:
    """What a module declares, as what importing it does."""
    return {
        "not_used": "keeps it off",
        "used": "switches it on",
        "run_time": "decides at run time",
    }.get(module.declaration, "unknown")


def imported(what: Import) -> str:
    """What there is to say about an import beside its name, e.g. `lxml 6.1.3, 0.12 s`."""
    parts = [what.distribution] if what.distribution else []
    if what.module is not None:
        parts.append(declares(what.module))
    if what.seconds is not None:
        parts.append(f"{what.seconds:.2f} s")
    return ", ".join(parts)


def claim(verdict: Verdict) -> str:
    """What its classifiers claim: a level such as `beta`, `yes`, `no` or `?`.

    A level is written `2 - Beta` in the classifier; the number says nothing
    that the word does not.
    """
    if verdict.claims_support is None:
        return "?"
    level = (verdict.claim or "").rpartition(" - ")[2].strip().lower()
    return level or ("yes" if verdict.claims_support else "no")


def arrange(report: Report) -> View:
    """Put a report into the order and the groups in which it is read."""
    targets = _union(report.targets, (v.target for v in report.verdicts))
    full = _union(report.platforms, (v.platform for v in report.verdicts))
    short = _short_names(full)
    problems = _problems(report, targets, short)
    counting = tuple(p for p in problems if p.ignored is None)
    severities = [p.rule.severity for p in counting]
    evidence = [v.evidence for v in report.verdicts]
    return View(
        verb=report.verb,
        targets=targets,
        platforms={short[name]: name for name in full},
        distributions=len({v.name for v in report.verdicts}),
        counts={s: severities.count(s) for s in Severity if s in severities},
        problems=counting,
        ignored=tuple(p for p in problems if p.ignored is not None),
        tallies=tuple(_tallies(report.verdicts, targets, short)),
        rows=tuple(_rows(ordered_verdicts(report), targets, short)),
        evidence={e: evidence.count(e) for e in (*Evidence, None) if e in evidence},
        contents=tuple(_contents(ordered_verdicts(report), targets, short)),
    )


def ordered_verdicts(report: Report) -> list[Verdict]:
    """The verdicts by name, then by target and platform as the report has them."""
    targets = _union(report.targets, (v.target for v in report.verdicts))
    platforms = _union(report.platforms, (v.platform for v in report.verdicts))
    columns = {t: n for n, t in enumerate(targets)}
    places = {p: n for n, p in enumerate(platforms)}
    return sorted(
        report.verdicts,
        key=lambda v: (v.name, columns[v.target], places[v.platform], v.version or "", v.case.code),
    )


def _union(first: Iterable[str], then: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *then]))


def _short_names(platforms: Sequence[str]) -> dict[str, str]:
    """`linux`, `macos` or `windows` for each platform that is the only such one."""
    systems = {"linux": "linux", "darwin": "macos", "windows": "windows"}
    guesses = {p: next((s for key, s in systems.items() if key in p), p) for p in platforms}
    taken = list(guesses.values())
    return {p: g if taken.count(g) == 1 else p for p, g in guesses.items()}


def _problems(report: Report, targets: Sequence[str], short: dict[str, str]) -> list[Problem]:
    groups: dict[object, list[Finding]] = {}
    for finding in report.findings:
        places = tuple(side.location for side in finding.sides)
        key = (finding.rule, finding.subject, finding.location, finding.ignored, places)
        groups.setdefault(key, []).append(finding)
    return [
        Problem(
            rule=group[0].rule,
            subject=group[0].subject,
            location=group[0].location,
            ignored=group[0].ignored,
            statements=tuple(
                (text, _scope([f for f in group if f.message == text], targets, short))
                for text in dict.fromkeys(f.message for f in group)
            ),
            remedies=tuple(dict.fromkeys(f.remedy for f in group if f.remedy)),
            steps=next((f.steps for f in group if f.steps), ()),
            sides=next((f.sides for f in group if f.sides), ()),
            turns=next((f.turns for f in group if f.turns), ()),
            findings=tuple(group),
        )
        for group in groups.values()
    ]


def _contents(
    verdicts: Sequence[Verdict], targets: Sequence[str], short: dict[str, str]
) -> Iterable[Contents]:
    # A file's name holds its platform, so the paths do not count.
    groups: dict[object, list[Verdict]] = {}
    for v in verdicts:
        if v.modules:
            seen = tuple((m.name, m.declaration, m.found_by, m.reason) for m in v.modules)
            groups.setdefault((v.name, v.version, seen), []).append(v)
    read = {(v.target, v.platform) for v in verdicts}
    for group in groups.values():
        first = group[0]
        label = first.name if first.version is None else f"{first.name} {first.version}"
        everywhere = {(v.target, v.platform) for v in group} >= read
        scope = "" if everywhere else _scope(group, targets, short)
        yield Contents(label, scope, first.modules)


def _scope(
    findings: Sequence[Finding | Verdict], targets: Sequence[str], short: dict[str, str]
) -> str:
    """Where a message holds, e.g. `3.15t on macos, windows`.

    Empty where it holds for all there is.
    """
    on_target: dict[str | None, list[str | None]] = {}
    for finding in findings:
        places = on_target.setdefault(finding.target, [])
        if finding.platform not in places:
            places.append(finding.platform)
    # Targets that have the same platforms in common are named together.
    together: dict[tuple[str | None, ...], list[str]] = {}
    for target, places in on_target.items():
        together.setdefault(tuple(places), []).append("" if target is None else target)
    parts = []
    for platforms, names in together.items():
        all_places = None in platforms or set(short) <= set(platforms)
        all_targets = "" in names or set(targets) <= set(names)
        where = "" if all_places else ", ".join(short.get(p, p) for p in platforms if p)
        what = "" if all_targets else ", ".join(names)
        parts.append(" on ".join(part for part in (what, where) if part))
    return "" if "" in parts else "; ".join(parts)


def _tallies(
    verdicts: Sequence[Verdict], targets: Sequence[str], short: dict[str, str]
) -> Iterable[Tally]:
    for target in targets:
        agreeing: dict[tuple[Answer, Answer, Answer], list[str]] = {}
        for platform, name in short.items():
            asked = [v for v in verdicts if v.target == target and v.platform == platform]
            if asked:
                answers = (
                    _answer(v.installs for v in asked),
                    _answer(v.keeps_gil_off for v in asked),
                    _answer(v.claims_support for v in asked),
                )
                agreeing.setdefault(answers, []).append(name)
        for answers, names in agreeing.items():
            yield Tally(target, tuple(names), len(names) == len(short), *answers)


def _answer(values: Iterable[bool | None]) -> Answer:
    values = list(values)
    return Answer(values.count(True), values.count(False), values.count(None))


def _rows(verdicts: Sequence[Verdict], targets: Sequence[str], short: dict[str, str]) -> list[Row]:
    # A lock with forks may pin one name twice for one target. Each verdict
    # goes into the first line of its name that is still free, so none is lost.
    lines: dict[tuple[str, int], dict[tuple[str, str], Verdict]] = {}
    for verdict in verdicts:
        number = 0
        while (verdict.target, verdict.platform) in lines.setdefault((verdict.name, number), {}):
            number += 1
        lines[verdict.name, number][verdict.target, verdict.platform] = verdict

    blocks = [_block(name, line, targets, short) for (name, _), line in lines.items()]
    blocks.sort(key=lambda rows: (_weight(rows), rows[0].name))
    return [row for rows in blocks for row in rows]


def _block(
    name: str,
    line: dict[tuple[str, str], Verdict],
    targets: Sequence[str],
    short: dict[str, str],
) -> list[Row]:
    versions = {v.version for v in line.values()}
    agreeing: dict[object, tuple[list[str], dict[str, Verdict]]] = {}
    for platform, place in short.items():
        cells = {t: line[t, platform] for t in targets if (t, platform) in line}
        if cells:
            key = tuple((t, _shown(v)) for t, v in cells.items())
            agreeing.setdefault(key, ([], cells))[0].append(place)
    return [
        Row(
            name=name,
            version=next(iter(versions)) if len(versions) == 1 else None,
            direct=next(iter(line.values())).direct,
            platforms=tuple(places),
            everywhere=len(places) == len(short),
            cells=cells,
        )
        for places, cells in agreeing.values()
    ]


def _shown(v: Verdict) -> object:
    """What a reader would see of a verdict; the file differs on every platform."""
    return v.version, v.case, v.installs, v.keeps_gil_off, claim(v), v.evidence, v.reason


def _weight(rows: Sequence[Row]) -> int:
    order = (Standing.FAILS, Standing.UNKNOWN, Standing.BUILD, Standing.CATCH, Standing.FITS)
    worst = min(order.index(standing(v)) for row in rows for v in row.cells.values())
    # A wheel that fits and then brings the GIL back is no better than a build.
    on = any(v.keeps_gil_off is False for row in rows for v in row.cells.values())
    return min(worst, order.index(Standing.BUILD)) if on else worst
