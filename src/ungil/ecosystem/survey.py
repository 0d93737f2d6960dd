"""A list of packages -> the whole survey of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ungil._version import __version__
from ungil.ecosystem import summary
from ungil.ecosystem.calendar import START
from ungil.ecosystem.gather import Gatherer, Progress
from ungil.ecosystem.model import Package, Point, Previous, Survey, View, state_on
from ungil.readiness import Index
from ungil.target import Target

__all__ = ["Question", "survey"]


@dataclass(frozen=True)
class Question:
    """What is asked about a list.

    Attributes:
        source: The list, as the user named it.
        names: Normalised, each once.
        targets: Each gets a view of its own, beside the published one; at least one,
            and what packages require is read for the first.
        as_of: On which day.
        since: Changes from this day on are listed.
        declarations: Also read what the modules of fitting wheels declare?
        previous: An earlier report to compare with.
    """

    source: str
    names: Sequence[str]
    targets: Sequence[Target]
    as_of: date
    since: date
    declarations: bool = False
    previous: Survey | None = None


def survey(question: Question, index: Index, progress: Progress = lambda *_: None) -> Survey:
    """Find out how the packages of a list stand and stood.

    What could not be found out of a package is its `problem`.
    """
    targets = {f"{t.python} {t.platform.short}": t for t in question.targets}
    # No earlier than is asked for: the history before free-threaded builds is a flat line.
    start = min(START, question.since, question.as_of)
    gatherer = Gatherer(index, targets, start, question.as_of, question.declarations)
    packages = summary.with_dependents(gatherer.gather(question.names, progress))
    views = gatherer.views
    changes = summary.changes(packages, views)
    day = question.as_of.isoformat()
    return Survey(
        ungil=__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        source=question.source,
        start=start.isoformat(),
        since=question.since.isoformat(),
        as_of=day,
        views=views,
        packages=packages,
        totals={view.id: summary.totals(packages, view.id, day) for view in views},
        series={view.id: summary.series(packages, view.id) for view in views},
        changes=[change for change in changes if change.day >= question.since.isoformat()],
        regressions=[change for change in changes if change.kind == "regression"],
        delays=summary.delays(packages, targets, question.as_of),
        blockers={view.id: summary.blockers(packages, view.id, day) for view in views},
        previous=_compared(question.previous, packages, views) if question.previous else None,
        notes=_notes(packages, question),
    )


_UNTOLD = (
    "An index does not say when a release was yanked, nor what was deleted from it: what is "
    "yanked now counts as yanked all along, and what is gone was never there."
)


def _compared(previous: Survey, packages: Sequence[Package], views: Sequence[View]) -> Previous:
    then: dict[str, dict[str, Point]] = {}
    # Whoever could not be asked, then or now, has not changed by that.
    answered = [package for package in packages if not package.problem]
    for package in previous.packages:
        if package.problem:
            continue
        for id_, timeline in package.timelines.items():
            state = state_on(timeline, previous.as_of)
            if state is not None:
                then.setdefault(id_, {})[package.name] = state
    before = {package.name for package in previous.packages}
    now = {package.name for package in packages}
    return Previous(
        as_of=previous.as_of,
        entered=[package.name for package in packages if package.name not in before],
        left=[package.name for package in previous.packages if package.name not in now],
        changes=summary.compared(then, answered, views),
    )


def _notes(packages: Sequence[Package], question: Question) -> list[str]:
    notes = [_UNTOLD]
    silent = sum(package.requires is None and not package.problem for package in packages)
    if silent:
        notes.append(
            f"What {silent} of the {len(packages)} packages require is not known, because no wheel "
            "of theirs says so; who needs whom may be incomplete."
        )
    if question.as_of == datetime.now(UTC).date():
        notes.append(f"{question.as_of} is not over yet, so its state may still change.")
    return notes
