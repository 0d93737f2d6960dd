"""Requirements and a target -> the versions that would be installed.

The door: `resolve`. Versions are chosen by uv, never by a resolver of our
own; see `ungil.resolution.view` for how uv comes to see the target's ABI.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from ungil.resolution.server import serve
from ungil.resolution.uv import ResolutionError, compile_requirements
from ungil.resolution.view import Index, View
from ungil.target import Target

__all__ = ["Index", "Resolution", "ResolutionError", "resolve"]


@dataclass(frozen=True)
class Resolution:
    """What would be installed, and what could not be learnt on the way.

    Attributes:
        versions: By normalised name.
        demands: For each name, all version specifiers that bear on it.
        required_by: For each name, the names that ask for it.
        passed_over: For each name, the newest version that the demands admit
            and that was not chosen because the target can take none of its
            files.
        missing: Names the index does not know.
        failures: By name, why the index gave no answer.
        incomplete: By (name, version), why its dependencies are not known.
        unindexed: Names required by URL, with who requires them.
    """

    versions: Mapping[str, str]
    demands: Mapping[str, SpecifierSet] = field(default_factory=dict)
    required_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    passed_over: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    failures: Mapping[str, str] = field(default_factory=dict)
    incomplete: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unindexed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Question:
    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    target: Target
    prereleases: bool


def resolve(
    requirements: Iterable[str],
    constraints: Iterable[str],
    *,
    index: Index,
    target: Target,
    excludes: Iterable[str] = (),
    only_binary: bool = False,
    prereleases: bool = False,
) -> Resolution:
    """Choose versions as an installer on the target would.

    A requirement that nothing fits does not end the resolution: its project
    is then lent all of its releases, so that every other row is still right
    and its own row can say that nothing fits.

    Raises:
        ResolutionError: The requirements contradict each other, or uv failed.
    """
    question = _Question(tuple(requirements), tuple(constraints), target, prereleases)
    strict = View(index, target, only_binary)
    skipped = frozenset(excludes)
    try:
        versions, skipped = _solve(question, strict, skipped)
        return _resolution(question, strict, versions)
    except ResolutionError:
        # What would be chosen if the ABI did not matter tells who is to blame.
        lenient = replace(strict, lent=lambda _: True, _offers={}, _metadata={})
        versions, skipped = _solve(question, lenient, skipped)
        loose = _resolution(question, lenient, versions)
    blamed = {name for name in versions if not _satisfiable(strict, name, loose.demands.get(name))}
    view = replace(strict, lent=blamed.__contains__, _offers={}, _metadata={})
    try:
        versions, _ = _solve(question, view, skipped)
    except ResolutionError:
        # Nobody alone is to blame; each row still says whether its file fits.
        return loose
    return _resolution(question, view, versions)


def _solve(
    question: _Question, view: View, excludes: frozenset[str]
) -> tuple[dict[str, str], frozenset[str]]:
    """Run uv, leaving out what the index cannot show, until an answer comes."""
    with serve(view) as address:
        while True:
            try:
                versions = compile_requirements(
                    question.requirements,
                    question.constraints,
                    sorted(excludes),
                    target=question.target,
                    index_url=address,
                    prereleases=question.prereleases,
                )
            except ResolutionError:
                unseen = (view.missing | view.failures.keys()) - excludes
                if not unseen:
                    raise
                excludes |= unseen
            else:
                return versions, excludes


def _satisfiable(view: View, name: str, demand: SpecifierSet | None) -> bool:
    usable = [o.version for o in (view.offers(name) or {}).values() if o.usable]
    return any(True for _ in (demand or SpecifierSet()).filter(usable, prereleases=True))


def _resolution(question: _Question, view: View, versions: dict[str, str]) -> Resolution:
    demands, required_by = _demands(question, view, versions)
    return Resolution(
        versions=versions,
        demands=demands,
        required_by=required_by,
        passed_over=_passed_over(view, versions, demands),
        missing=frozenset(view.missing),
        failures=dict(view.failures),
        incomplete={k: why for k, why in view.incomplete.items() if versions.get(k[0]) == k[1]},
        unindexed=dict(view.unindexed),
    )


def _demands(
    question: _Question, view: View, versions: dict[str, str]
) -> tuple[dict[str, SpecifierSet], dict[str, tuple[str, ...]]]:
    """Walk the chosen distributions from the roots, extras included."""
    demands: dict[str, SpecifierSet] = {}
    parents: dict[str, dict[str, None]] = {}
    environment = question.target.environment
    for text in question.constraints:
        requirement = Requirement(text)
        if _holds(requirement.marker, environment, ""):
            name = canonicalize_name(requirement.name)
            demands[name] = demands.get(name, SpecifierSet()) & requirement.specifier
    queue = [(Requirement(text), "", "") for text in question.requirements]
    seen: set[tuple[str, str]] = set()
    while queue:
        requirement, parent, extra = queue.pop()
        name = canonicalize_name(requirement.name)
        if name not in versions or not _holds(requirement.marker, environment, extra):
            continue
        demands[name] = demands.get(name, SpecifierSet()) & requirement.specifier
        if parent:
            parents.setdefault(name, {})[parent] = None
        for wanted in {"", *map(canonicalize_name, requirement.extras)}:
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                queue += [(r, name, wanted) for r in view.dependencies(name, versions[name])]
    return demands, {name: tuple(sorted(who)) for name, who in parents.items()}


def _holds(marker: Marker | None, environment: dict[str, str], extra: str) -> bool:
    return marker is None or marker.evaluate({**environment, "extra": extra})


def _passed_over(
    view: View, versions: dict[str, str], demands: Mapping[str, SpecifierSet]
) -> dict[str, str]:
    found = {}
    for name, chosen in versions.items():
        newer = (
            offer.version
            for offer in (view.offers(name) or {}).values()  # newest first
            if not offer.usable
            and offer.admitted
            and offer.file.yanked is None
            and Version(offer.version) > Version(chosen)
            and not Version(offer.version).is_prerelease
            and demands.get(name, SpecifierSet()).contains(offer.version)
        )
        if (best := next(newer, None)) is not None:
            found[name] = best
    return found
