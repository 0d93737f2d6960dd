"""One package's badge, for a README."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

import anybadge

from ungil.ecosystem.model import Group, Package, Survey, state_on

__all__ = ["badge"]

_GOOD, _HALF, _BAD, _OPEN = "#2f7d32", "#8a5a00", "#b3261e", "#5f6368"
"""White on each has a contrast of 4.5 or more (WCAG 2.2, 1.4.3)."""


def badge(survey: Survey) -> str:
    """The badge of the survey's first package, SVG."""
    package = survey.packages[0]
    value, color = _verdict(survey, package)
    made = anybadge.Badge("free-threaded", value, default_color=color).badge_svg_text
    what = f"{package.name}: free-threaded {value} ({survey.as_of})"
    # anybadge gives it no name, without which a screen reader has nothing to say.
    head, mark, rest = made.partition("<svg ")
    attributes, close, body = rest.partition(">")
    title = f"<title>{escape(what)}</title>"
    label = escape(what, {'"': "&quot;"})
    return (
        f'{head}{mark}{attributes} role="img" aria-label="{label}"{close}{title}{body.rstrip()}\n'
    )


def _verdict(survey: Survey, package: Package) -> tuple[str, str]:
    """What the badge says of a package, and in which colour.

    It says no more than holds on all platforms that were asked for; `partly` where it
    holds on some of them.
    """
    if package.problem:
        return "unknown", _OPEN
    if False in package.keeps_gil_off.values():
        return "switches the GIL on", _BAD
    by_target: dict[str, list[Group]] = {}
    for view in survey.views:
        state = state_on(package.timelines[view.id], survey.as_of)
        if view.target is not None and state is not None:
            by_target.setdefault(view.target, []).append(state.group)
    everything = {group for groups in by_target.values() for group in groups}
    if everything == {Group.PURE}:
        return "pure Python", _GOOD
    # On a platform for which nothing is compiled, pure Python is as good.
    good = {Group.READY, Group.PURE}
    whole = [target for target, groups in by_target.items() if good.issuperset(groups)]
    some = [target for target, groups in by_target.items() if Group.READY in groups]
    if whole:
        return " ".join(whole), _GOOD if len(whole) == len(by_target) else _HALF
    if some:
        return f"{' '.join(some)} partly", _HALF
    return _without(everything)


def _without(groups: Sequence[Group] | set[Group]) -> tuple[str, str]:
    if Group.BLOCKED in groups:
        return "not yet", _BAD
    if Group.FALLBACK in groups:
        return "pure fallback", _HALF
    return "unknown", _OPEN
