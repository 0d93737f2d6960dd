"""Races in a project's own code: what happens, and what of it nothing orders.

The command line is `ungil race`. In a program:

    with ungil.races.watch() as races:
        run_something_with_threads()
    assert not races.findings
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ungil.races.marks import happens_after, happens_before

if TYPE_CHECKING:
    from ungil.races.journal import observation, read
    from ungil.races.judging import closing, judge, judged, run_once
    from ungil.races.observed import Observation
    from ungil.races.schedule import explore_here as explore
    from ungil.races.session import Session
    from ungil.races.settings import Settings
    from ungil.races.sources import Sources
    from ungil.races.suppress import suppressed
    from ungil.races.together import run_together, why_unsafe
    from ungil.races.within import watch

__all__ = [
    "Observation",
    "Session",
    "Settings",
    "Sources",
    "closing",
    "explore",
    "happens_after",
    "happens_before",
    "judge",
    "judged",
    "observation",
    "read",
    "run_once",
    "run_together",
    "suppressed",
    "watch",
    "why_unsafe",
]

_WHERE = {
    "Observation": "observed",
    "Session": "session",
    "Settings": "settings",
    "Sources": "sources",
    "closing": "judging",
    "explore": "schedule",
    "judge": "judging",
    "judged": "judging",
    "observation": "journal",
    "read": "journal",
    "run_once": "judging",
    "run_together": "together",
    "suppressed": "suppress",
    "watch": "within",
    "why_unsafe": "together",
}


def __getattr__(name: str) -> object:
    # Programs import this package for its two marks, and what watches them must not bring
    # what judges them along.
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = import_module(f"{__name__}.{_WHERE[name]}")
    # Inside, `explore` is given a process that is under control already.
    return getattr(found, "explore_here" if name == "explore" else name)
