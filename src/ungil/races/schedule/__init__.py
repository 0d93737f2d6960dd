"""Threads under control: which schedules there are, and what a test does in them.

A *strategy* says who goes on, a *world* runs one execution, a *carrier* its threads (on
greenlets, where a switch is a function call, or on threads of the system, for code that
needs them), and *exploring* runs one after the other until one fails.
"""

from ungil.races.schedule.control import CARRIERS, Control, NotPossibleError
from ungil.races.schedule.exploring import (
    STRATEGIES,
    Exploration,
    Failure,
    explore,
    replay,
)
from ungil.races.schedule.recorded import Recorded, RecordedError, read_recorded, write_recorded
from ungil.races.schedule.request import Request
from ungil.races.schedule.within import explore_here

__all__ = [
    "CARRIERS",
    "STRATEGIES",
    "Control",
    "Exploration",
    "Failure",
    "NotPossibleError",
    "Recorded",
    "RecordedError",
    "Request",
    "explore",
    "explore_here",
    "read_recorded",
    "replay",
    "write_recorded",
]
