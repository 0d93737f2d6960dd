"""One line for each day and view: the curve, for spreadsheets."""

from __future__ import annotations

import csv
import io
from datetime import date

import msgspec

from ungil.ecosystem.calendar import days
from ungil.ecosystem.model import Survey, Totals

__all__ = ["render"]


def render(survey: Survey) -> str:
    """A header, and every day from the first to the one asked for."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("day", "view", *Totals.__struct_fields__))
    every = [
        day.isoformat()
        for day in days(date.fromisoformat(survey.start), date.fromisoformat(survey.as_of))
    ]
    for view in survey.views:
        steps = {step.day: step.totals for step in survey.series[view.id]}
        totals = Totals()
        for day in every:
            totals = steps.get(day, totals)
            table.writerow((day, view.id, *msgspec.structs.astuple(totals)))
    return out.getvalue()
