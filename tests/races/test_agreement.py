"""The native core, the reference and the detector say the same of the same program."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import stepping
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from traces import traces

from ungil.races import trace
from ungil.races.detect import HappensBefore

if stepping.native is None:
    pytestmark = pytest.mark.skip(reason="the native core is not built")

SOURCES = Path(trace.__file__).parents[2]

FEW = 150
"""Programs for one process: a core forgets no place in a source, nor set of locks."""


class Runner:
    def __init__(self):
        self.process, self.left = None, 0

    def __call__(self, touches, steps, which=("native", "reference")):
        if not self.left:
            self.end()
            self.process = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", stepping.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(SOURCES)},
            )
            self.left = FEW
        self.left -= 1
        self.process.stdin.write(json.dumps([which, touches, steps]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.left = 0
            raise AssertionError(f"it ended: {self.process.wait()}")
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return [answer[one] for one in which]

    def end(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(10)


@pytest.fixture(scope="module")
def runner():
    one = Runner()
    yield one
    one.end()


SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


def step_of(event, touch):  # noqa: PLR0911 - one for each kind of step
    match event:
        case trace.Acquire(thread, lock):
            return [thread, "acquire", f"r{lock}", touch]
        case trace.Release(thread, lock):
            return [thread, "release", f"r{lock}"]
        case trace.Fork(thread, child):
            return [thread, "fork", child]
        case trace.Join(thread, child):
            return [thread, "join", child]
        case trace.Post(thread, channel):
            return [thread, "post", f"channel {channel}"]
        case trace.Receive(thread, channel):
            return [thread, "receive", f"channel {channel}"]
        case trace.Access(thread, (owner, _)):
            return [thread, "touch", touch, f"thing {owner}"]


@settings(SETTINGS, max_examples=300)
@given(traces(size=40))
def test_they_find_what_the_detector_finds(runner, events):
    places = [one for one in events if isinstance(one, trace.Access | trace.Acquire)]
    touches = [
        ["attribute", one.mode.value, "x", "f", []]
        if isinstance(one, trace.Access)
        else ["here", "read", "", "f", []]
        for one in places
    ]
    numbers = {id(one): number for number, one in enumerate(places)}
    steps = [step_of(event, numbers.get(id(event))) for event in events]
    detector = HappensBefore()

    def side(access, locks):
        name = f"thread {access.thread}" if access.thread else "MainThread"
        return numbers[id(access)], name, locks

    races = {
        (side(race.first, race.first_locks), side(race.second, race.second_locks), race.exclusive)
        for event in events
        for race in detector.feed(event)
    }

    def lock(text):
        return places[int(text.rpartition(":")[2])].lock

    for found in runner(touches, steps):
        assert {
            (
                *((touch, name, frozenset(map(lock, locks))) for touch, name, locks in sides),
                exclusive,
            )
            for *sides, _, _, _, _, _, _, exclusive in found["conflicts"]
        } == races


KEYS = ["k", "a", 1, 0, -1, 2.5, None, ["k", 1]]

ATTRIBUTES = ["a", "b", "in_class", "method", "computed", "once", "__dict__"]
FORMS = {
    "attribute": ATTRIBUTES,
    "item": [
        *("__getitem__", "__setitem__", "__delitem__"),
        *("get", "pop", "setdefault", "add", "discard", "insert", "__contains__"),
    ],
    "holding": ["__getitem__", "__setitem__"],
    "whole": [""],
    "method": [
        "append",
        "pop",
        "clear",
        "items",
        "sort",
        "a",
        "in_class",
        "method",
        "update",
        "__iadd__",
        "__ior__",
    ],
    "iterate": ["", "list"],
    "next": [""],
    "variable": ["x"],
    "here": [""],
    "named": [""],
    "dying": [""],
}


DIRECT = {"attribute", "named", "item", "holding", "method"}


@st.composite
def touch_rows(draw):
    rows = []
    for number in range(draw(st.integers(2, 7))):
        form = draw(st.sampled_from([*FORMS, "attribute", "item", "attribute", "item"]))
        mode = draw(st.sampled_from(["read", "write", "update"]))
        function = draw(st.sampled_from(["f", "f", "C.__init__"]))
        earlier = st.tuples(st.integers(0, max(number - 1, 0)), st.sampled_from(["check", "value"]))
        after = draw(st.lists(earlier, max_size=2, unique_by=lambda one: one[0])) if number else []
        row = [form, mode, draw(st.sampled_from(FORMS[form])), function, after]
        rows.append([*row, form in DIRECT and draw(st.booleans())])
    return rows


class _Drawn:
    """A program as it grows: locks are taken when they are free, threads started once."""

    def __init__(self, draw):
        self.draw = draw
        self.touches = draw(touch_rows())
        self.places = [number for number, row in enumerate(self.touches) if row[0] == "here"]
        things = st.lists(st.sampled_from([*stepping.MADE]), min_size=1, max_size=3, unique=True)
        self.things = draw(things)
        self.steps = [[0, "fork", 1]]
        self.running, self.fresh, self.owners = [0, 1], [2, 3], {}

    def one_of(self, *those):
        return self.draw(st.sampled_from(those))

    def step(self):
        thread = self.one_of(*self.running)
        what = self.one_of(
            *("touch",) * 8,
            *("acquire", "release", "acquire", "release", "post", "receive"),
            *("fork", "join", "store", "names"),
        )
        given = getattr(self, what)(thread)
        if given is not None:
            self.steps.append([thread, what, *given])

    def touch(self, thread):
        number = self.one_of(*range(len(self.touches)))
        form = self.touches[number][0]
        thing = "cell" if form == "variable" else self.one_of(*self.things)
        if form in {"item", "holding"}:
            return number, thing, self.one_of(*KEYS)
        if form == "named":
            return number, thing, self.one_of(*ATTRIBUTES)
        return number, thing

    def acquire(self, thread):
        lock = self.one_of("l1", "l2", "r1")
        holder, depth = self.owners.get(lock, (None, 0))
        if holder is not None and (holder, lock) != (thread, "r1"):
            return None
        self.owners[lock] = thread, depth + 1
        return lock, self.one_of(None, *self.places)

    def release(self, thread):
        # A plain lock can be given back by anybody.
        held = [one for one, (by, _) in self.owners.items() if by == thread or one != "r1"]
        if not held:
            return None
        lock = self.one_of(*held)
        by, depth = self.owners.pop(lock)
        if depth > 1:
            self.owners[lock] = by, depth - 1
        return (lock,)

    def post(self, thread):
        return (self.one_of("channel", *self.things),)

    receive = post

    def fork(self, thread):
        if not self.fresh:
            return None
        self.running.append(self.fresh[0])
        return (self.fresh.pop(0),)

    def join(self, thread):
        # Who holds a lock goes on.
        busy = {0, thread, *(by for by, _ in self.owners.values())}
        idle = [one for one in self.running if one not in busy]
        if not idle:
            return None
        child = self.one_of(*idle)
        self.running.remove(child)
        return (child,)

    def store(self, thread):
        return self.one_of(*self.things), self.one_of("k", "a", 1, "once", "in_class")

    def names(self, thread):
        plain = [one for one in self.things if one in {"plain", "other", "own"}]
        if not plain:
            return None
        self.things.append("names")
        return (self.one_of(*plain),)


@st.composite
def programs(draw):
    program = _Drawn(draw)
    for _ in range(draw(st.integers(0, 40))):
        program.step()
    return program.touches, program.steps


@settings(SETTINGS, max_examples=400)
@given(programs())
def test_the_cores_agree(runner, program):
    touches, steps = program
    native, reference = runner(touches, steps)
    for found in (native, reference):
        for first, *_ in found["conflicts"]:
            # Of several that the second meets at once, which is told of is not said.
            del first[1:]
        found["conflicts"].sort(key=repr)
    assert native == reference
