"""What a task is like, as a process of its own measures it."""

import sys
from functools import cache

import pytest

from native import FREE_THREADED
from ungil.bench.asking import bench
from ungil.bench.builds import builds
from ungil.bench.model import Outcome, Task
from ungil.bench.profile import Profile, profile, profiles
from ungil.interpreters import probe

WORK = """
import asyncio, hashlib, threading, time

LARGE = bytes(500_000)


def numbers():
    return [2_000] * 100


def uneven():
    return [100] * 9 + [200_000]


def compute(number):
    return sum(one * one for one in range(number))


def digest(number):
    return hashlib.sha256(LARGE).hexdigest()


def wait(number):
    time.sleep(0.02)


async def wait_for_all(number):
    await asyncio.sleep(0.02)
    return number


def fails(number):
    raise SystemExit(number)


def holds_a_lock(number):
    return threading.Lock()


def locks():
    return [threading.Lock()]


def nothing():
    return []
"""


@pytest.fixture(scope="module")
def look(tmp_path_factory):
    """Measures a function of `WORK` in the Python of the tests, or in another; each once."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "work.py").write_text(WORK)

    @cache
    def of(function, items="numbers", python=sys.executable, *, gil=None):
        task = Task("work", f"work:{function}", f"work:{items}", folders=(folder,))
        build = next(one for one in builds([probe(python)]) if one.gil == gil)
        with bench(task, 120) as where:
            return profile(where, build)

    return of


def told(found):
    """How much holds the GIL, where this system tells."""
    if found.under_gil is None:
        pytest.skip(found.untold or "it was not looked at often enough")
    return found.under_gil


GIL_ENABLED = getattr(sys, "_is_gil_enabled", lambda: True)()
needs_gil = pytest.mark.skipif(not GIL_ENABLED, reason="the GIL is off")


@needs_gil
@pytest.mark.parametrize(
    ("function", "least", "most"), [("compute", 0.75, 1.0), ("digest", 0.0, 0.25)]
)
def test_how_much_holds_the_gil(look, function, least, most):
    share = told(look(function))
    assert least <= share.value <= most
    assert share.low <= share.value <= share.high


@needs_gil
def test_elsewhere_it_is_told_by_being_late(tmp_path):
    """A busy machine makes everybody late; then it is not told."""
    (tmp_path / "work.py").write_text(WORK)
    (tmp_path / "resource.py").write_text("raise ImportError('there is no such thing here')")
    task = Task("work", "work:compute", "work:numbers", folders=(tmp_path,))
    with bench(task, 120) as where:
        found = profile(where, next(builds([probe(sys.executable)])))
    unknown = "this system does not tell: a "
    assert told(found).value > 0.75 if not found.untold else found.untold.startswith(unknown)


def test_what_waits(look):
    assert look("wait").waiting > 0.5
    assert look("compute").waiting < 0.5


def test_a_coroutine_function_is_measured_one_after_the_other(look):
    found = look("wait_for_all")
    assert found.items == 100
    assert found.waiting > 0.5


def test_items_that_differ(look):
    even, uneven = look("compute"), look("compute", "uneven")
    assert 0 < even.longest < 1
    assert uneven.longest > 0.5
    assert uneven.variation > 1


def test_what_is_sent(look):
    found = look("compute")
    assert not found.unsendable
    assert found.function.bytes > 0
    assert 0 < found.given.bytes <= found.items * 100
    assert 0 < found.results.bytes <= found.items * 100
    assert found.sending > 0


@pytest.mark.parametrize(
    ("function", "items", "whose"),
    [("holds_a_lock", "numbers", "result"), ("wait", "locks", "item")],
)
def test_what_cannot_be_sent(look, function, items, whose):
    found = look(function, items)
    assert found.unsendable.startswith(f"its {whose} cannot be pickled: TypeError")


def test_items_that_fail_are_measured_as_well(look):
    assert look("fails").items == 100


def test_no_items(look):
    found = look("compute", "nothing")
    assert isinstance(found, Outcome)
    assert (found.kind, found.problem) == ("task", "there is no item")


def test_a_function_that_is_not_there(look):
    found = look("missing")
    assert isinstance(found, Outcome)
    assert found.kind == "task"


@pytest.mark.free_threaded
@pytest.mark.parametrize("python", FREE_THREADED.values(), ids=FREE_THREADED)
def test_without_a_gil_nothing_holds_it(look, python):
    found = look("compute", python=python)
    assert (found.gil, found.under_gil, found.untold) == (False, None, "the GIL is off")
    forced = look("compute", python=python, gil="1")
    assert forced.gil
    assert told(forced).value > 0.75


@pytest.mark.free_threaded
def test_what_switched_it_on_is_named(programs, tmp_path):
    (tmp_path / "app.py").write_text("import bad\n\ndef work(): pass\n")
    task = Task("work", "app:work", calls=10, folders=(tmp_path, programs.folder))
    asked = list(builds([probe(programs.python)]))
    with bench(task, 120) as where:
        found = profiles(where, asked, lambda *_: None)
    # No other build has a GIL, so that the one with it forced on is asked as well.
    assert list(found) == [one.label for one in asked]
    assert found[asked[0].label].gil
    assert "bad" in found[asked[0].label].switch
    assert all(isinstance(one, Profile) for one in found.values())
