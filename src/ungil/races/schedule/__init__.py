"""Threads under control: which schedules there are, and what a test does in them.

A *strategy* says who goes on, a *world* runs one execution, a *carrier* what its threads run
on: greenlets (a switch is a function call, where two threads of the system would wait for each
other), or threads of the system. *Exploring* runs one execution after the other until one
fails; *pieces* of it can be done by many processes; *copies* of a process confirm what was
found, and explore tests that must leave it as it is.
"""

from ungil.races.schedule.control import CARRIERS, Control, NotPossibleError
from ungil.races.schedule.exploring import (
    STRATEGIES,
    Exploration,
    Failure,
    explore,
    replay,
)
from ungil.races.schedule.pieces.cluster import cluster
from ungil.races.schedule.pieces.engines import GRACE, EngineError, processes
from ungil.races.schedule.pieces.piece import Found
from ungil.races.schedule.pieces.spread import spread
from ungil.races.schedule.recorded import Recorded, RecordedError, read_recorded, write_recorded
from ungil.races.schedule.request import Request
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
