"""The curve of one view, as an SVG that the page's style sheet colours."""

from __future__ import annotations

from datetime import date, timedelta

import pygal

from ungil.ecosystem.model import PUBLISHED, Day, Group, Survey, View
from ungil.ecosystem.words import GROUPS, described
from ungil.page import FRAME, drawn

__all__ = ["curve"]

_LINES = (Group.READY, Group.FALLBACK, Group.BLOCKED)
"""What is drawn; the compiled packages."""

_HEIGHT = 300


def curve(survey: Survey, view: View) -> str:
    """An `<svg>` with a stepped line for each of what is drawn."""
    steps = survey.series[view.id]
    top = max(step.totals.compiled for step in steps)
    first, last = date.fromisoformat(survey.start), date.fromisoformat(survey.as_of)
    chart = pygal.DateLine(
        **FRAME,
        height=_HEIGHT,
        show_dots=False,
        range=(0, max(1, top)),
        xrange=(first, last + timedelta(1)),
        max_scale=6,
        x_value_formatter=lambda day: f"{day:%b %Y}",
        value_formatter=lambda value: f"{value:g}",
    )
    chart.x_labels = _quarters(first, last)
    for group in _LINES:
        chart.add(GROUPS[group], _points(steps, group, last))
    now = survey.totals[view.id]
    label = (
        f"Packages that are ready, {described(view)}, {survey.start} to {survey.as_of}: "
        f"{steps[0].totals.ready} at first, {now.ready} of {now.compiled} at the end."
    )
    hidden = {} if view.id == PUBLISHED else {"hidden": ""}
    return drawn(chart, label, **{"data-view": view.id}, **hidden)


def _points(steps: list[Day], group: Group, last: date) -> list[tuple[date, int]]:
    """A step is flat until the day on which the next begins."""
    points: list[tuple[date, int]] = []
    for step in steps:
        day = date.fromisoformat(step.day)
        if points:
            points.append((day, points[-1][1]))
        points.append((day, getattr(step.totals, group.value)))
    # One day more, so that the line of a single day is one.
    return [*points, (last + timedelta(1), points[-1][1])]


def _quarters(first: date, last: date) -> list[date]:
    starts = (date(y, m, 1) for y in range(first.year, last.year + 1) for m in (1, 4, 7, 10))
    found = [day for day in starts if first <= day <= last]
    return found[:: max(1, -(-len(found) // 8))]
