"""Threads under control: which schedules there are, and what a test does in them.

A *strategy* says who goes on, a *world* runs one execution with its threads on greenlets
(a switch is a function call, where two threads of the system would wait for each other),
and *exploring* runs one after the other until one fails.
"""

from ungil.races.schedule.control import Control, NotPossibleError
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
