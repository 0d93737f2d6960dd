"""The smallest change of requirements that removes the blockers.

For each requirement of the project's own whose distribution is blocked, the
lowest later version that does on every target is asked for, and nothing else
is touched. Where modules switch the GIL on, or the lowest version did not
help, it is the newest: which of those between keeps the GIL off, only their
binaries tell. What was changed is then resolved and judged again, because a
new version can bring new blockers; a change that does not help is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ungil import rules
from ungil.findings import Location, Report, Rule, Severity
from ungil.index import PackageIndexError
from ungil.project import Selection, Subject, Wanted
from ungil.readiness.check import Options
from ungil.readiness.history import lowest_ready, newest_ready
from ungil.resolution import Index
from ungil.target import Target

__all__ = ["Change", "blocked", "fix"]

_ROUNDS = 4  # each round can only raise versions, and most projects need one


@dataclass(frozen=True, slots=True)
class Change:
    """One requirement, before and after, both as written.

    Attributes:
        name: Normalised name of the distribution.
        old: E.g. `lxml==5.3.0 ; python_version > "3.8"`.
        new: The same text with another specifier.
        location: Where the old one stands.
    """

    name: str
    old: str
    new: str
    location: Location | None


_SWITCHING = frozenset({rules.SWITCHES_GIL_ON, rules.UNDECLARED_SINGLE_PHASE})


def blocked(report: Report) -> dict[str, str]:
    """Versions of the distributions that have a blocker, by name."""
    errors = {
        tuple(f.subject.split(" ", 1)) for f in report.counting if f.rule.severity is Severity.ERROR
    }
    return {
        v.name: v.version for v in report.verdicts if v.version and (v.name, v.version) in errors
    }


def fix(
    subjects: Sequence[Subject],
    targets: Sequence[Target],
    index: Index,
    options: Options,
    report: Report,
    check_again: Callable[[Sequence[Subject]], Report],
) -> tuple[list[Change], Report]:
    """Find changes, and the report as it would be after them.

    Args:
        subjects: What was checked.
        targets: All of them must be satisfied.
        index: For the versions there are.
        options: Those of the check; they say which extras and groups count.
        report: Of the subjects as they are.
        check_again: Makes the report of changed subjects.
    """
    wanted: dict[str, Wanted] = {}
    for subject in subjects:
        for target in targets:
            selection = subject.select(
                target.environment, extras=options.extras, groups=options.groups
            )
            for one in selection.wanted:
                wanted.setdefault(canonicalize_name(Requirement(one.requirement).name), one)
    changes: dict[str, Change] = {}
    newest: set[str] = set()
    for _ in range(_ROUNDS):
        before = _blockers(report)
        newest |= {name for name, found in before.items() if found & _SWITCHING}
        more = {
            name: change
            for name, version in blocked(report).items()
            if name in wanted
            and (change := _change(name, version, wanted[name], targets, index, name in newest))
        }
        if not more:
            break
        tried = check_again([_Changed(s, {**changes, **more}) for s in subjects])
        if any(v.version is None and not v.reason for v in tried.verdicts):
            break
        after = _blockers(tried)
        helped = {name: c for name, c in more.items() if _is_better(before, after, name)}
        in_vain = more.keys() - helped.keys() - newest
        newest |= in_vain
        if not helped and in_vain:
            continue
        if not helped:
            break
        if len(helped) < len(more):
            tried = check_again([_Changed(s, {**changes, **helped}) for s in subjects])
        changes |= helped
        report = tried
    return sorted(changes.values(), key=lambda c: c.name), report


def _blockers(report: Report) -> dict[str, set[Rule]]:
    """What stands in the way of each distribution."""
    found: dict[str, set[Rule]] = {}
    for finding in report.counting:
        if finding.rule.severity is Severity.ERROR:
            found.setdefault(finding.subject.split(" ", 1)[0], set()).add(finding.rule)
    return found


def _is_better(before: dict[str, set[Rule]], after: dict[str, set[Rule]], name: str) -> bool:
    """Is it free of blockers, or does it at least install now?"""
    left = after.get(name, set())
    return not left or (left <= _SWITCHING and not before[name] <= _SWITCHING)


def _change(
    name: str,
    version: str,
    wanted: Wanted,
    targets: Sequence[Target],
    index: Index,
    newest: bool,
) -> Change | None:
    try:
        project = index.project(name)
    except PackageIndexError:
        return None
    ready = newest_ready if newest else lowest_ready
    better = ready(project, targets, SpecifierSet(f">{version}"))
    if better is None:
        return None
    old = Requirement(wanted.requirement).specifier
    new = _rewritten(wanted.requirement, _specifier(old, better))
    return Change(name, wanted.requirement, new, wanted.location)


def _specifier(old: SpecifierSet, version: str) -> str:
    """The old specifier with no more changed than lets `version` in."""
    if any(s.operator in {"==", "==="} and "*" not in s.version for s in old):
        return f"=={version}"
    kept = [str(s) for s in old if s.contains(version) and s.operator not in {">=", ">"}]
    return ",".join([f">={version}", *sorted(kept)])


_PARTS = re.compile(
    r"^(\s*[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?\s*)(\([^)]*\)|[^;]*?)(\s*(?:;.*)?)$", re.DOTALL
)


def _rewritten(requirement: str, specifier: str) -> str:
    match = _PARTS.match(requirement)
    return f"{match[1]}{specifier}{match[3]}" if match else requirement


@dataclass(frozen=True)
class _Changed:
    """A subject with some of its requirements rewritten."""

    subject: Subject
    changes: Mapping[str, Change]

    @property
    def path(self) -> str:
        return self.subject.path

    def select(
        self,
        environment: Mapping[str, str],
        *,
        extras: frozenset[str] = frozenset(),
        groups: frozenset[str] | None = None,
    ) -> Selection:
        selection = self.subject.select(environment, extras=extras, groups=groups)
        # What the project itself holds does not change with its requirements.
        wanted = tuple(map(self._changed, selection.wanted))
        return replace(selection, wanted=wanted, directories=())

    def _changed(self, wanted: Wanted) -> Wanted:
        change = self.changes.get(canonicalize_name(Requirement(wanted.requirement).name))
        return replace(wanted, requirement=change.new) if change else wanted
