"""The words in which a survey is told, the same in every format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ungil.ecosystem.model import (
    PUBLISHED,
    Blocker,
    Change,
    Delay,
    Group,
    Package,
    Previous,
    Totals,
    View,
)

__all__ = [
    "COUNTED",
    "GROUPS",
    "changed",
    "compared",
    "delayed",
    "described",
    "few",
    "needed",
    "percent",
    "unanswered",
]

GROUPS = {
    Group.READY: "ready",
    Group.FALLBACK: "pure fallback",
    Group.BLOCKED: "not ready",
    Group.PURE: "nothing to port",
    Group.UNKNOWN: "unknown",
    Group.ABSENT: "not there yet",
}
"""What a person calls each group."""

COUNTED = (
    (
        "Published: the rule of github.com/hugovk/free-threaded-wheels. Of the latest release, on "
        "any platform and for any Python: ready if an ABI tag starts with cp31 and ends with t; "
        "compiled all the same if an ABI tag is not none; otherwise left out, as nothing to port."
    ),
    (
        "For a Python and a platform: what an installer would take of the latest release, by the "
        "rules of ungil check. So abi3t counts, a platform wheel without a Python ABI counts, "
        "Requires-Python counts, and a pure-Python wheel that stands in for a compiled one is told "
        "apart from pure Python."
    ),
    "Latest: not yanked before yanked, final before pre-release, then the highest version.",
    "A share is one of compiled packages: ready, pure fallback and not ready together.",
)
"""How it was counted; a sentence or two each."""


def described(view: View) -> str:
    """A view's name, e.g. `3.14t linux`."""
    return "published counting" if view.id == PUBLISHED else view.id


def percent(totals: Totals) -> str:
    """The share of compiled packages that are ready, e.g. `51 %`; a dash if there is none."""
    return f"{100 * totals.ready / totals.compiled:.0f} %" if totals.compiled else "–"


_MARKS = {"gain": "+", "regression": "-", "move": "~"}
_NAMES = 4  # of each line


def changed(changes: Iterable[Change]) -> list[str]:
    """Changes in words, e.g. `+ 2025-10-07 spam: not ready → ready (2.1.0) [published]`."""
    return _grouped((_change(change), change.view) for change in changes)


def _change(change: Change) -> str:
    version = f" ({change.version})" if change.version else ""
    return (
        f"{_MARKS[change.kind]} {change.day} {change.package}: "
        f"{GROUPS[change.before]} → {GROUPS[change.after]}{version}"
    )


def compared(previous: Previous) -> list[str]:
    """What an earlier report said otherwise, in words."""
    return [
        *(f"+ {name}: new in the list" for name in previous.entered),
        *(f"- {name}: no longer in the list" for name in previous.left),
        *changed(previous.changes),
    ]


def unanswered(packages: Iterable[Package]) -> list[str]:
    """The packages of which nothing is known, and why."""
    return [f"{package.name}: {package.problem}" for package in packages if package.problem]


def delayed(delays: Iterable[Delay]) -> list[str]:
    """Delays in words."""
    return _grouped((_delay(delay), delay.view) for delay in delays)


def _delay(delay: Delay) -> str:
    counted = f"{delay.having} of {delay.of} have one"
    if not delay.of:
        return f"no compiled package was there when {delay.python} came out"
    if delay.median_days is None:
        return f"more than half have none yet ({counted})"
    days = round(delay.median_days)
    when = f"{-days} days before" if days < 0 else f"{days} days after"
    return f"median {when} the release of {delay.python} on {delay.released} ({counted})"


def needed(blockers: Mapping[str, Sequence[Blocker]]) -> list[str]:
    """What blocks, the most needed first, e.g. `spam: 2 (eggs, ham) [3.15t linux]`."""
    ranked = sorted(
        ((blocker, view) for view, several in blockers.items() for blocker in several),
        key=lambda pair: (-len(pair[0].dependents), pair[0].package),
    )
    return _grouped(
        (f"{blocker.package}: {len(blocker.dependents)} ({few(blocker.dependents)})", view)
        for blocker, view in ranked
    )


def few(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    left = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {left} more" if left > 0 else "")


def _grouped(lines: Iterable[tuple[str, str]]) -> list[str]:
    """Each line once, with the views that it is about."""
    found: dict[str, list[str]] = {}
    for line, view in lines:
        found.setdefault(line, []).append(view)
    return [f"{line} [{', '.join(views)}]" for line, views in found.items()]
