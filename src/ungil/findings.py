"""The one vocabulary that every verb answers in.

A room of the house turns what it found into these plain values and the
reports turn them into text. Nothing here reads, fetches or prints.

Three answers are kept apart and never merged into one green tick: whether a
distribution *installs*, whether it *keeps the GIL off*, and whether it
*claims support*. Each is true, false, or unknown (None); and each comes with
the level of evidence it rests on.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib import resources

__all__ = [
    "Evidence",
    "Excerpt",
    "Finding",
    "Import",
    "Line",
    "Location",
    "Module",
    "Report",
    "Rule",
    "Severity",
    "Step",
    "Turn",
    "Verdict",
    "listed",
    "printable",
]


class Severity(enum.Enum):
    """How much a finding matters, the heaviest first.

    `UNKNOWN` is not a weight between error and warning: it says that the
    question could not be answered, which leads to an exit status of its own.
    It ranks where a reader wants to see it, after what surely blocks.
    """

    ERROR = "error"
    UNKNOWN = "unknown"
    WARNING = "warning"
    NOTE = "note"

    @cached_property
    def rank(self) -> int:
        """0 for the heaviest; a sort key."""
        return list(Severity).index(self)


class Evidence(enum.Enum):
    """What an answer rests on, the weakest first (`tag` < … < `tested`)."""

    TAG = "tag"
    CLASSIFIER = "classifier"
    DECLARATION = "declaration"
    IMPORTED = "imported"
    TESTED = "tested"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding, with a code that never changes its meaning.

    Attributes:
        code: `UG` and three digits.
        name: The kebab-case name that people say.
        severity: The weight of its findings.
        summary: One line, without a full stop.
    """

    code: str
    name: str
    severity: Severity
    summary: str

    def page(self) -> str:
        """The rule's page in Markdown: what, why, how to fix, source.

        The pages travel inside the package, so `ungil explain` needs no
        network.
        """
        return (resources.files("ungil") / "rules" / f"{self.code}.md").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Location:
    """Where in the user's own files a finding belongs.

    Attributes:
        path: As the user would write it, with forward slashes.
        line: Counted from 1, None where the file has no useful line.
    """

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to what was found, e.g. an import of a chain.

    Attributes:
        text: What happens there, e.g. `imports shop.models`.
        location: Where; None where that is not known.
    """

    text: str
    location: Location | None = None

    def __str__(self) -> str:
        return self.text if self.location is None else f"{self.location} {self.text}"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one thread does, in a schedule, while the others wait.

    Attributes:
        thread: Its name.
        text: The expression, as the source has it.
        location: Where it is.
    """

    thread: str
    text: str
    location: Location


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a source.

    Attributes:
        number: Counted from 1.
        text: Without its end.
        marked: Is it one that the finding is about, rather than beside one?
    """

    number: int
    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of source that a finding shows, and what happened there.

    Attributes:
        title: What happened, e.g. `thread worker-1 writes self.n`.
        location: Where.
        lines: Empty where the source could not be read.
        calls: How it came there, the nearest first.
        function: The qualified name of the function around; empty if there is none.
    """

    title: str
    location: Location
    lines: tuple[Line, ...] = ()
    calls: tuple[Step, ...] = ()
    function: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person should know, and what to do about it.

    Attributes:
        rule: The kind of finding.
        subject: What it is about, e.g. `lxml 5.1.0`.
        message: What was found, one sentence.
        remedy: What to do; empty only where nothing can be done.
        location: Where the user's files cause it.
        evidence: What the finding rests on, None for an unknown.
        target: E.g. `3.14t`; None where the finding is about all targets.
        platform: E.g. `x86_64-unknown-linux-gnu`; None like target.
        ignored: The user's reason for ignoring it; None while it counts.
        steps: How it came to it, the first first; empty where it has no story.
        sides: The places that meet in it, such as the two accesses of a race; empty
            where there is but one place.
        count: How often it was seen; 0 where that is not counted.
        confirmed: Has a schedule shown it? None where that was not tried.
        turns: What the threads do in that schedule, in order.
    """

    rule: Rule
    subject: str
    message: str
    remedy: str = ""
    location: Location | None = None
    evidence: Evidence | None = None
    target: str | None = None
    platform: str | None = None
    ignored: str | None = None
    steps: tuple[Step, ...] = ()
    sides: tuple[Excerpt, ...] = ()
    count: int = 0
    confirmed: bool | None = None
    turns: tuple[Turn, ...] = ()

    def ignore(self, reason: str) -> Finding:
        """The same finding, set aside for `reason`."""
        return replace(self, ignored=reason)


@dataclass(frozen=True, slots=True)
class Module:
    """One extension module of a distribution, and what it declares about the GIL.

    Attributes:
        path: Of its file: in the wheel, below site-packages, or in the project.
        name: Dotted, as it is imported, e.g. `lxml.etree`.
        machine: What it was compiled for, e.g. `x86_64`; empty if not known.
        declaration: `not_used` keeps the GIL off and `used` switches it on, be
            it said or left at the default; with `run_time` code decides when
            it is imported; `unknown` has a reason.
        explicit: Is the declaration written down?
        initialisation: `multi-phase`, `single-phase`, `export` (PEP 793) or
            `unknown`.
        toolchain: What seems to have made it, e.g. `Cython`; None if not known.
        found_by: `code` if its initialisation was followed, `data` if only its
            definition was read, `import` if it was imported, empty if unknown.
        reason: What was seen, or why it is unknown; without a full stop.
    """

    path: str
    name: str
    machine: str
    declaration: str
    explicit: bool
    initialisation: str
    toolchain: str | None
    found_by: str
    reason: str

    @property
    def keeps_gil_off(self) -> bool | None:
        """Does importing it leave the GIL off? None where that is not sure."""
        return {"not_used": True, "used": False}.get(self.declaration)


_MOST_NAMES = 4
_MOST_REASONS = 3


def listed(modules: Iterable[Module]) -> str:
    """Names by what was seen, e.g. `a.b, a.c (it has no slots); a.d (…)`."""
    reasons: dict[str, dict[str, None]] = {}
    for module in modules:
        reasons.setdefault(module.reason, {})[module.name] = None
    parts = [f"{_few(list(names))} ({reason})" for reason, names in reasons.items()]
    left = sum(len(names) for names in list(reasons.values())[_MOST_REASONS:])
    return "; ".join(parts[:_MOST_REASONS]) + (f"; and {left} more" if left else "")


def _few(names: Sequence[str]) -> str:
    if len(names) <= _MOST_NAMES + 1:  # one name is no longer than "and 1 more"
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"


@dataclass(frozen=True, slots=True)
class Import:
    """What was imported in one run, as a tree of who imported whom.

    Attributes:
        name: Of the module, or of the file at the root.
        distribution: Name and version of what installed it; empty if not known.
        module: The extension module and what it declares; None for others.
        seconds: When it was imported, after the start of its process; None for
            what is only on the way to extension modules.
        imports: What was imported by it.
    """

    name: str
    distribution: str = ""
    module: Module | None = None
    seconds: float | None = None
    imports: tuple[Import, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one distribution on one target and platform.

    Attributes:
        name: Normalised distribution name.
        version: The version that would be installed; None if none was found.
        target: E.g. `3.14t`.
        platform: E.g. `x86_64-unknown-linux-gnu`.
        case: The rule that says how it stands, whether or not the case is a
            problem (a fitting free-threaded wheel is a case too).
        installs: Does a ready-made file fit this target?
        keeps_gil_off: Would importing all its modules leave the GIL off?
        claims_support: Do its own classifiers claim free-threading support?
            Absence of a claim says nothing and is None.
        claim: The classifier's level as written, e.g. `2 - Beta`.
        evidence: What `installs` and `keeps_gil_off` rest on.
        file: The file an installer would take.
        newest: The newest version with a ready-made file for this target.
        first: The first version that had one.
        first_date: The day on which that file was uploaded, ISO 8601.
        reason: Why something is unknown; one sentence, empty otherwise.
        direct: Is it asked for by the subject itself, rather than through
            another distribution? None where the subject does not say.
        modules: Its extension modules, if `evidence` says that they were read.
    """

    name: str
    version: str | None
    target: str
    platform: str
    case: Rule
    installs: bool | None = None
    keeps_gil_off: bool | None = None
    claims_support: bool | None = None
    claim: str | None = None
    evidence: Evidence | None = None
    file: str | None = None
    newest: str | None = None
    first: str | None = None
    first_date: str | None = None
    reason: str = ""
    direct: bool | None = None
    modules: tuple[Module, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run found; what the formats in `reports` print.

    Attributes:
        verb: The command that made it, e.g. `check`.
        subject: What was inspected, as the user named it.
        targets: In the order of the table's columns.
        platforms: Likewise.
        verdicts: One for each distribution, target and platform.
        findings: Ignored ones included, marked as such.
        as_of: The ISO date whose index was asked, None for now.
        notes: Sentences about the run as a whole (what was not looked at).
        created: When the run ended, UTC, to the second.
        imports: The trees of extension modules that were imported, if the user
            wanted to see them.
    """

    verb: str
    subject: str
    targets: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    as_of: str | None = None
    notes: tuple[str, ...] = ()
    created: str = ""
    imports: tuple[Import, ...] = ()

    def __post_init__(self) -> None:
        """Put the findings into the order every format shows them in."""
        if not self.created:
            stamp = datetime.now(UTC).isoformat(timespec="seconds")
            object.__setattr__(self, "created", stamp.replace("+00:00", "Z"))
        # Blockers first; within one weight the most frequent, then by rule and by name.
        findings = sorted(
            self.findings,
            key=lambda f: (
                f.ignored is not None,
                f.rule.severity.rank,
                -f.count,
                f.rule.code,
                f.subject,
            ),
        )
        object.__setattr__(self, "findings", tuple(findings))

    @property
    def counting(self) -> tuple[Finding, ...]:
        """The findings that are not ignored."""
        return tuple(f for f in self.findings if f.ignored is None)

    def exit_status(self, fail_on: Severity) -> int:
        """0 nothing at or above `fail_on`; 1 findings; 3 could not find out.

        Findings win over unknowns: a blocker that is known to exist stays
        one whatever else could not be learnt. (2, wrong use, is the command
        line's own.)
        """
        severities = {f.rule.severity for f in self.counting}
        unknown = Severity.UNKNOWN in severities
        if any(s.rank <= fail_on.rank for s in severities - {Severity.UNKNOWN}):
            return 1
        return 3 if unknown else 0


# C0 and C1 controls, DEL, and the bidirectional overrides of "Trojan Source"
# (CVE-2021-42574): none of them belongs in a name, a version or a message.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""`text` with every control character spelt out, so that it cannot act.

    What comes from an index, a file name or somebody's metadata passes
    through here before it reaches a terminal or a log.

    >>> printable("evil\x1b[2Jname")
    'evil\\x1b[2Jname'
    """
    return _UNPRINTABLE.sub(
        lambda m: f"\\x{ord(m[0]):02x}" if ord(m[0]) < 0x100 else f"\\u{ord(m[0]):04x}", text
    )
