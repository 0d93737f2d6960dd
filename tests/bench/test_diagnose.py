"""Why work does not scale: decided from measurements, named in sources, found in ten programs."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native import FREE_THREADED, Compiler
from ungil import rules
from ungil.bench.asking import bench
from ungil.bench.diagnose import balance
from ungil.bench.diagnose.deciding import Evidence, decide, unsure
from ungil.bench.diagnose.diagnosis import Diagnosis, diagnose
from ungil.bench.diagnose.model import (
    Ask,
    Gain,
    HeldBy,
    Lock,
    Place,
    Run,
    Sleep,
    Wait,
    Worker,
)
from ungil.bench.diagnose.naming import guilty
from ungil.bench.diagnose.reading import Use, use
from ungil.bench.diagnose.runs import Asked, RunsError, Shared
from ungil.bench.diagnose.words import findings
from ungil.bench.estimates import Estimate
from ungil.bench.machine import machine
from ungil.bench.model import Build, Task
from ungil.bench.yardstick import yardsticks
from ungil.cli import main

PROGRAMS = Path(__file__).parent / "programs"
TRIALS = ("private", "frozen", "many", "pieces", "ordered", "isolated", "threads")
CONTRADICTIONS = (
    {"shared-object", "shared-container"},
    {"contended-lock", "serialised-by-lock"},
    {"tiny-grains", "imbalance"},
)
"""Of one object, or of one task."""


def quiet(*args: object) -> None:
    pass


def estimated(value: float, spread: float = 0.02) -> Gain:
    return Gain(Estimate(value, value * (1 - spread), value * (1 + spread), 0.96875, 6))


def ran(
    spans: tuple[float, ...] = (1.0, 1.0), *, cpu: float = 1.0, delay: float = 0.0, **more: object
) -> Run:
    """A run in which each worker used the same share of its time."""
    workers = tuple(Worker(0.0, span, span * cpu, span * delay) for span in spans)
    return Run(**{"items": 32, "workers": workers, "gil": False, "switch": "", **more})


def evidence(gains: Mapping[str, Gain] = {}, **more: object) -> Evidence:
    alone = ran((2.0,), pieces=((0.0625, 0.0625),) * 32)
    return Evidence(**{"workers": 2, "look": ran(), "alone": alone, "gains": gains, **more})


def kinds(evidence: Evidence) -> list[str]:
    return [cause.kind for cause in decide(evidence)]


class TestDeciding:
    @given(st.dictionaries(st.sampled_from(TRIALS), st.floats(0.7, 1.09)))
    def test_what_scales_is_left_in_peace(self, values: dict[str, float]) -> None:
        gains = {name: estimated(value) for name, value in values.items()}
        assert kinds(evidence(gains)) == []

    @given(st.dictionaries(st.sampled_from(TRIALS), st.floats(1.1, 5)))
    def test_what_is_not_apart_from_noise_is_no_cause(self, values: dict[str, float]) -> None:
        gains = {name: estimated(value, 0.95) for name, value in values.items()}
        assert kinds(evidence(gains)) == []
        assert unsure(evidence(gains), []) or not set(values) - {"isolated", "threads"}

    @given(
        gains=st.dictionaries(st.sampled_from(TRIALS), st.floats(0.5, 6)),
        long=st.floats(0.01, 10),
        held=st.floats(0, 2),
        waited=st.floats(0, 2),
        kind=st.sampled_from(["dict", "Config", "lock", "list"]),
        writes=st.booleans(),
        found=st.booleans(),
    )
    def test_causes_never_contradict_each_other(
        self,
        gains: dict[str, float],
        long: float,
        held: float,
        waited: float,
        kind: str,
        writes: bool,
        found: bool,
    ) -> None:
        lock = Lock("lock", "a.py", 3, held, (Wait("a.py", 9, 5, waited),))
        place = Place("a:X", "X", "a", kind, locks=(HeldBy("", "a.py", 3),))
        seen = evidence(
            {name: estimated(value) for name, value in gains.items()},
            look=ran(locks=(lock,)),
            alone=ran((2.0,), locks=(lock,), pieces=((0.06, 0.06),) * 31 + ((long, long),)),
            found=[((place,), estimated(2.0))] if found else [],
            uses={"a:X": Use("a.py", 5, "X", writes, 1)},
        )
        told = kinds(seen)
        assert len(told) == len(set(told))
        for pair in CONTRADICTIONS:
            assert not pair <= set(told)
        assert "machine-limit" not in told or len(told) == 1

    def test_the_gil_is_the_only_cause_while_it_is_on(self) -> None:
        found = [((Place("a:X", "X", "a", "dict"),), estimated(3.0))]
        seen = evidence(
            {"frozen": estimated(2.0)},
            look=ran(gil=True, switch="importing slow switched it on"),
            found=found,
        )
        assert kinds(seen) == ["waits-for-gil"]

    def test_a_task_that_hardly_waits_for_the_gil_has_nothing_to_win_from_its_absence(self) -> None:
        assert kinds(evidence(look=ran(gil=True), waited=0.02)) == []
        assert kinds(evidence(look=ran(gil=True), waited=0.45)) == ["waits-for-gil"]

    def test_the_machine_is_the_limit_only_if_nothing_else_is(self) -> None:
        slow = {"isolated": estimated(1.7), "threads": estimated(1.7)}
        assert kinds(evidence(slow)) == ["machine-limit"]
        assert kinds(evidence({**slow, "frozen": estimated(1.5)})) == ["gc-pauses"]

    def test_what_items_share_is_told_once_under_its_name(self) -> None:
        known = Place("a:CONFIG", "CONFIG", "a", "Config")
        in_items = Place("items", ".config", "a", "Config", also="a:CONFIG")
        seen = evidence(found=[((known,), estimated(2.0)), ((in_items,), estimated(2.0))])
        assert [cause.place for cause in decide(seen)] == [known]

    def test_a_busy_machine_is_no_proof_that_nothing_is_the_matter(self) -> None:
        seen = evidence(busy=0.5)
        assert "busy" in unsure(seen, decide(seen))

    @pytest.mark.parametrize(("held", "told"), [(1.9, ["serialised-by-lock"]), (0.9, [])])
    def test_a_lock_around_everything_is_seen_on_a_busy_machine(
        self, held: float, told: list[str]
    ) -> None:
        lock = Lock("lock", "a.py", 3, held, (Wait("a.py", 9, 5, 1.0),))
        seen = evidence(
            {"private": estimated(1.3, 0.6)},
            look=ran(locks=(lock,)),
            alone=ran((2.0,), locks=(lock,), pieces=((0.0625, 0.0625),) * 32),
            places=(Place("a:L", "L", "a", "lock", locks=(HeldBy("", "a.py", 3),)),),
            busy=0.9,
        )
        assert kinds(seen) == told

    def test_one_task_that_nobody_can_help_with(self) -> None:
        alone = ran((2.0,), pieces=((0.02, 0.02),) * 31 + ((1.4, 1.4),))
        assert kinds(evidence(alone=alone)) == ["imbalance"]


class TestNaming:
    @given(st.sets(st.integers(0, 20)), st.integers(1, 21))
    def test_each_that_does_harm_by_itself_is_named(self, bad: set[int], count: int) -> None:
        candidates = list(range(count))
        bad &= set(candidates)
        assert guilty(candidates, lambda some: bool(bad & set(some))) == [
            (one,) for one in sorted(bad)
        ]

    def test_two_that_do_harm_only_together_are_named_together(self) -> None:
        assert guilty([1, 2, 3, 4], lambda some: {1, 4} <= set(some)) == [(1, 2, 3, 4)]


class TestBalance:
    @given(st.lists(st.floats(0.001, 10), min_size=1), st.integers(1, 8))
    def test_no_order_beats_what_is_possible(self, lengths: list[float], workers: int) -> None:
        least = max(*lengths, sum(lengths) / workers)
        ordered = [lengths[at] for at in balance.longest_first(lengths)]
        best = balance.makespan(ordered, workers)
        assert best >= least * (1 - 1e-9)
        # Graham's bounds.
        assert best <= balance.makespan(lengths, workers) * 4 / 3 + 1e-9
        assert balance.makespan(lengths, workers) <= least * 2 + 1e-9

    def test_equal_tasks_leave_nobody_idle(self) -> None:
        assert balance.idle([1.0] * 32, 2) == 0


class TestReading:
    @pytest.mark.parametrize(
        ("source", "line", "text", "writes"),
        [
            ("def f(i):\n    for n in i:\n        X[n] = X.get(n, 0) + 1\n", 3, "X[n]", True),
            ("def f(i):\n    y = X.tax\n    for n in i:\n        X.rate\n", 4, "X.rate", False),
            ("def f(i):\n    with X:\n        return X.n\n", 2, "X", False),
            ("def f(i):\n    return [X[0] for _ in i]\n", 2, "X[0]", False),
            ("def f(i):\n    X.append(i)\n", 2, "X.append(i)", True),
            ("def f(i):\n    X[i].n += 1\n", 2, "X[i].n", False),
        ],
    )
    def test_where_it_is_used_most(
        self, tmp_path: Path, source: str, line: int, text: str, writes: bool
    ) -> None:
        file = tmp_path / "a.py"
        file.write_text(f"X = {{}}\n{source}")
        found = use(Place("a:X", "X", "a", "dict"), {"a": str(file)})
        assert found is not None
        assert (found.line, found.text, found.writes) == (line + 1, text, writes)

    def test_an_attribute_of_what_items_are(self, tmp_path: Path) -> None:
        file = tmp_path / "a.py"
        file.write_text(
            "class Job:\n    def __init__(self, config):\n        self.config = config\n"
            "def f(job):\n    for n in range(9):\n        job.config.tax\n"
        )
        found = use(Place("items", ".config", "a", "Config"), {"a": str(file)})
        assert found is not None
        assert (found.line, found.text) == (6, "job.config.tax")

    def test_the_methods_of_an_object_that_nothing_else_uses(self, tmp_path: Path) -> None:
        file = tmp_path / "a.py"
        file.write_text(
            "class Shop:\n    def __init__(self):\n        self.tax = 1\n"
            "    def total(self, order):\n        return order * self.tax\nSHOP = Shop()\n"
        )
        found = use(Place("a:SHOP", "SHOP", "a", "Shop"), {"a": str(file)})
        assert found is not None
        assert (found.line, found.text) == (5, "self.tax")

    def test_what_cannot_be_read_is_used_nowhere(self, tmp_path: Path) -> None:
        assert use(Place("a:X", "X", "a", "dict"), {"a": str(tmp_path / "none.py")}) is None


class Pretend:
    """A program in which some objects cost time as long as they are shared."""

    def __init__(self, *guilty: str, others: tuple[str, ...] = ("a:P", "a:Q", "a:R")) -> None:
        self.guilty = guilty
        self.keys = (*others, *guilty)
        self.asked: list[Ask] = []

    def take(self, ask: Ask) -> Run:
        self.asked.append(ask)
        shared = self.keys if ask.change == "" else ask.again if ask.change == "private" else ()
        cost = sum(key in shared for key in self.guilty) if ask.workers > 1 else 0
        span = 2.0 / ask.workers * (1 + cost)
        pieces = ((2.0 / 32, 2.0 / 32),) * 32 if ask.detail else ()
        return ran((span,) * ask.workers, pieces=pieces)

    def shared(self) -> Shared:
        return Shared(tuple(Place(key, key[2:], "a", "list") for key in self.keys), {})


class TestFindingOut:
    @pytest.mark.parametrize("names", [("a:X",), ("a:X", "a:Y")])
    def test_the_object_is_found_among_others(self, names: tuple[str, ...]) -> None:
        diagnosis = diagnose(Pretend(*names), 2, quiet)
        assert [(one.kind, one.place and one.place.key) for one in diagnosis.causes] == [
            ("shared-object", name) for name in names
        ]

    def test_what_scales_is_measured_no_longer_than_it_takes_to_know(self) -> None:
        runs = Pretend()
        diagnosis = diagnose(runs, 2, quiet)
        assert (diagnosis.causes, diagnosis.unsure) == ((), "")
        assert len(runs.asked) <= 3 + 6 * 4

    def test_a_copy_that_cannot_be_made_is_told_of(self) -> None:
        class Fails(Pretend):
            def take(self, ask: Ask) -> Run:
                if ask.change == "private":
                    raise RunsError("shop.py cannot be executed twice")
                return super().take(ask)

        diagnosis = diagnose(Fails("a:X"), 2, quiet)
        assert diagnosis.causes == ()
        assert "shop.py cannot be executed twice" in diagnosis.unsure

    def test_an_overloaded_machine_is_left_alone_soon(self) -> None:
        class Busy(Pretend):
            def take(self, ask: Ask) -> Run:
                run = super().take(ask)
                return ran(tuple(one.ended for one in run.workers), cpu=0.2, delay=0.8)

        runs = Busy("a:X")
        diagnosis = diagnose(runs, 2, quiet)
        assert diagnosis.causes == ()
        assert "the machine was busy" in diagnosis.unsure
        assert len(runs.asked) <= 3 + 3 * 4

    def test_who_waits_is_told_with_the_line(self) -> None:
        class Waits(Pretend):
            def take(self, ask: Ask) -> Run:
                spans = (2.0 / ask.workers,) * ask.workers
                return ran(spans, cpu=0.01, sleeps=(Sleep("a.py", 7, 0.9),))

        diagnosis = diagnose(Waits(), 2, quiet)
        build = Build("3.14t", Path(), "3.14.7", True)
        (found,) = findings(diagnosis, Task("a:f", "a:f"), build)
        assert found.rule is rules.WAITS_FOR_IO
        assert str(found.location) == "a.py:7"


WHO = """
import threading

class Who:
    def __init__(self):
        self.threads = set()

    def look(self, item=None):
        self.threads.add(threading.get_ident())
        if len(self.threads) > 1:
            raise RuntimeError("another thread has been here")
"""
A_GLOBAL = """
W = Who()
def task(item):
    W.look()
"""
OF_A_CLASS = """
class Desk:
    who = Who()
def task(item):
    Desk.who.look()
"""
CLOSED_OVER = """
def make(who):
    def task(item):
        who.look()
    return task
task = make(Who())
"""
A_DEFAULT = """
def task(item, who=Who()):
    who.look()
"""
USED_BY_ITEMS = """
W = Who()
class Job:
    def do(self):
        W.look()
def items():
    return [Job() for _ in range(8)]
def task(item):
    item.do()
"""
IN_COMMON = """
def items():
    who = Who()
    return [{"who": who} for _ in range(8)]
def task(item):
    item["who"].look()
"""
PREPARED = """
W = None
def items():
    global W
    W = Who()
    return range(8)
def task(item):
    W.look()
"""
HELD = {
    "a global": (A_GLOBAL, "task", "shop:W"),
    "an attribute of a class": (OF_A_CLASS, "task", "shop:Desk.who"),
    "what a function closes over": (CLOSED_OVER, "task", "shop:task.who"),
    "a default": (A_DEFAULT, "task", "shop:task.who"),
    "the object of a method": ("W = Who()", "W.look", "shop:W"),
    "what a method of an item uses": (USED_BY_ITEMS, "task", "shop:W"),
    "what items have in common": (IN_COMMON, "task", "items"),
    "what is prepared for each pass": (PREPARED, "task", "shop:W"),
}


@pytest.mark.parametrize("held", HELD)
def test_a_private_copy_is_private_and_what_is_shared_again_is_shared(
    tmp_path: Path, held: str
) -> None:
    source, function, key = HELD[held]
    (tmp_path / "who.py").write_text(WHO)
    items = "" if "def items" in source else "def items():\n    return range(8)\n"
    (tmp_path / "shop.py").write_text(f"from who import Who\n{items}{source}")
    task = Task("shop", f"shop:{function}", "shop:items", folders=(tmp_path,))
    with bench(task, 60) as where:
        runs = Asked(where, Build("own", Path(sys.executable), "3", False))
        keys = {place.key for place in runs.shared().places}
        assert key in keys
        assert runs.take(Ask(2, 2)).failed
        assert not runs.take(Ask(2, 2, "private")).failed
        assert not runs.take(Ask(2, 2, "isolated")).failed
        assert runs.take(Ask(2, 2, "private", again=(key,))).failed
        others = tuple(keys - {key})
        assert not runs.take(Ask(2, 2, "private", again=others)).failed


EXPECTED = {
    "shared_attribute:total": ("shared-object", "CONFIG", 17),
    "shared_list:checksum": ("shared-object", "WEIGHTS", 10),
    "dict_writes:count": ("shared-container", "COUNTS", 9),
    "one_lock:book_all": ("contended-lock", "ACCOUNT.lock", 12),
    "lock_around_everything:squares": ("serialised-by-lock", "LOCK", 10),
    "imbalance:job": ("imbalance", "imbalance:job", None),
    "tiny_grains:double": ("tiny-grains", "tiny_grains:double", None),
    "garbage:tree": ("gc-pauses", "garbage:tree", None),
    "waiting:ask": ("waits-for-io", "waiting:ask", 9),
    "nothing:collatz": None,
}
ITEMS = {
    "shared_attribute": "ORDERS",
    "shared_list": "BLOCKS",
    "dict_writes": "TEXTS",
    "one_lock": "BATCHES",
    "lock_around_everything": "LIMITS",
    "imbalance": "SIZES",
    "tiny_grains": "NUMBERS",
    "garbage": "DEPTHS",
    "waiting": "REQUESTS",
    "nothing": "LIMITS",
}


def program(function: str) -> Task:
    module = function.partition(":")[0]
    return Task(function, function, f"{module}:{ITEMS[module]}", folders=(PROGRAMS,))


def free_threaded() -> Build:
    if "3.14t" not in FREE_THREADED:
        pytest.skip("no 3.14t")
    return Build("3.14t", FREE_THREADED["3.14t"], "3.14", True)


ALONE = "nothing:collatz", "imbalance:job", "tiny_grains:double", "waiting:ask"
"""What is seen as well while threads rarely run at the same time, or has nothing to be seen."""


def quiet_enough() -> bool:
    """Do two threads run at the same time, as they have to where they get in each other's way?"""
    with yardsticks([2]) as own:
        own.take()
        return own.taken[2].busy[0] > 1.8


def diagnosed(task: Task, build: Build) -> Diagnosis:
    if machine().usable < 2:
        pytest.skip("one processor, on which threads cannot get in each other's way")
    with bench(task, 120) as where:
        return diagnose(Asked(where, build), 2, quiet)


@pytest.mark.free_threaded
@pytest.mark.parametrize("function", EXPECTED)
def test_the_cause_is_named(function: str) -> None:
    build, task = free_threaded(), program(function)
    if function not in ALONE and not quiet_enough():
        pytest.skip("the machine is busy; try `pytest -n 0 tests/bench/test_diagnose.py`")
    diagnosis = diagnosed(task, build)
    found = findings(diagnosis, task, build)
    expected = EXPECTED[function]
    if not found and expected is not None and diagnosis.unsure:
        # It got busy meanwhile. A wrong cause is wrong on any machine.
        pytest.skip(diagnosis.unsure)
    told = [(one.rule.name, one.subject, one.location and one.location.line) for one in found]
    assert told == ([] if expected is None else [expected])


@pytest.mark.free_threaded
def test_what_switched_the_gil_on_is_the_first_cause(tmp_path: Path) -> None:
    build = free_threaded()
    Compiler(build.program, tmp_path).build(
        """#include <Python.h>
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "slow", NULL, 0, NULL};
PyMODINIT_FUNC PyInit_slow(void) { return PyModuleDef_Init(&def); }""",
        "slow",
    )
    (tmp_path / "shop.py").write_text(
        "import slow\n\nITEMS = range(16)\nSHARED = [float(9)]\n\ndef task(item):\n"
        "    return sum(SHARED[0] for _ in range(20_000))\n"
    )
    task = Task("shop:task", "shop:task", "shop:ITEMS", folders=(tmp_path,))
    (found,) = findings(diagnosed(task, build), task, build)
    assert found.rule is rules.WAITS_FOR_GIL
    assert "slow" in found.message
    assert "shop.py:1" in found.message


@pytest.mark.skipif("free-threading" in sys.version, reason="has no GIL")
def test_a_build_with_the_gil_waits_for_it_and_nothing_else_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    if machine().usable < 2:
        pytest.skip("one processor, on which threads take turns anyway")
    options = ["--quick", "--arms", "threads", "--workers", "2", "--rounds", "1"]
    assert main(["bench", "primes", "--diagnose", *options, "--python", sys.executable]) == 0
    text = capsys.readouterr().out
    assert set(re.findall(r"UG5\d+", text)) == {"UG510"}
    assert "free-threaded build" in text
