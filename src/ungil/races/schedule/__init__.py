"""Threads under control: which schedules there are, and what a test does in them.

A *strategy* says who goes on, a *world* runs one execution, a *carrier* its threads (on
greenlets, where a switch is a function call, or on threads of the system, for code that
needs them), and *exploring* runs one after the other until one fails.
"""

from ungil.races.schedule.cluster import cluster
from ungil.races.schedule.control import CARRIERS, Control, NotPossibleError
from ungil.races.schedule.engines import GRACE, EngineError, processes
from ungil.races.schedule.exploring import (
    STRATEGIES,
    Exploration,
    Failure,
    explore,
    replay,
)
from ungil.races.schedule.piece import Found
from ungil.races.schedule.recorded import Recorded, RecordedError, read_recorded, write_recorded
from ungil.races.schedule.request import Request
from ungil.races.schedule.spread import spread
from ungil.races.schedule.stress import Stress
from ungil.races.schedule.within import explore_here

__all__ = [
    "CARRIERS",
    "GRACE",
    "STRATEGIES",
    "Control",
    "EngineError",
    "Exploration",
    "Failure",
    "Found",
    "NotPossibleError",
    "Recorded",
    "RecordedError",
    "Request",
    "Stress",
    "cluster",
    "explore",
    "explore_here",
    "processes",
    "read_recorded",
    "replay",
    "spread",
    "write_recorded",
]
