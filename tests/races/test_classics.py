"""The classics: each racy one fails in a schedule that replays, and no corrected twin does.

`benchmarks/classics.py` measures them, and lets the twins run longer.
"""

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from ungil.races import Session, Settings
from ungil.races.schedule import Control, NotPossibleError, explore, replay

HERE = Path(__file__).parent
SHARED = {"dining", "in_threads", "reorder", "two_stages"}
NAMES = sorted({one.name for one in iter_modules([str(HERE / "classics")])} - SHARED)

SEVERAL = {"dining_5": "random", "reorder_10": "pct", "twostage_10": "random"}
"""With many threads, whose schedules are too many for `dpor`: what finds them."""

MANY = {"reorder_10", "twostage_10"}
"""Whose twins have too many schedules for a proof."""

DEADLOCKS = {
    *("appenders", "barrier_reuse", "bounded_buffer", "carter", "closed_queue", "deadlock01"),
    *("dining_3", "dining_5", "lost_wake_up", "nested_monitor", "phase01"),
}


@pytest.fixture(scope="module")
def control():
    try:
        control = Control()
    except NotPossibleError as error:
        pytest.skip(str(error))
    session = Session(Settings(str(HERE)), lambda _: None, control)
    session.start()
    yield control
    session.stop()
    for name in [one for one in sys.modules if one.partition(".")[0] == "classics"]:
        del sys.modules[name]  # what is left there is under control


@pytest.mark.parametrize("name", NAMES)
def test_the_racy_one_is_found_and_replays(control, name):
    racy = import_module(f"classics.{name}").racy
    found = explore(control, racy, strategy=SEVERAL.get(name, "dpor"), schedules=1000)
    assert found.failure is not None
    if name != "readers_writers":  # where both can come of it
        assert (found.failure.kind == "deadlock") == (name in DEADLOCKS)
    for _ in range(3):
        failure, diverged = replay(control, racy, found.failure.choices)
        assert not diverged
        assert (failure.kind, failure.text) == (found.failure.kind, found.failure.text)


@pytest.mark.parametrize("name", NAMES)
def test_the_corrected_one_is_not(control, name):
    fixed = import_module(f"classics.{name}").fixed
    schedules = 100 if name in MANY else 40
    for strategy in ("pct", "pos", "random"):
        assert explore(control, fixed, strategy=strategy, schedules=schedules).failure is None
    if name not in MANY:
        found = explore(control, fixed, strategy="dpor", schedules=1000)
        assert (found.failure, found.complete) == (None, True)


def test_enough_of_them():
    assert len(NAMES) >= 25
