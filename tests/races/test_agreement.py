"""The native core, the reference and the detector say the same of the same program.

The programs are generated. Real threads run them, one step at a time, in the order of the
trace: what they are told to do next goes through a list that they look at again and again,
which no core takes for an order. This file is also what runs them, in a process of its own.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from functools import cached_property
from itertools import count
from pathlib import Path

SOURCES = Path(os.environ.get("H7", Path(__file__).parents[2] / "src"))


# The process that runs programs: a line of JSON is a program, and a line answers it.


class Program:
    """One program, as it runs.

    Thread 0 is the main thread; the others run when a step starts them.
    """

    def __init__(self, core, touches):
        self.core = core
        self.touches = touches
        self.orders = {}
        self.threads = {}
        self.things = {}
        self.locks = {}

    def run(self, steps):
        for thread, what, *parts in steps:
            self.do(thread, getattr(self, what), *parts)
        self.orders = dict.fromkeys(self.orders, self)
        for one in self.threads.values():
            one.join()

    def do(self, thread, function, *given):
        if thread == 0:
            function(*given)
            return
        self.orders[thread] = lambda: function(*given)
        while self.orders[thread] is not None:
            time.sleep(0.00002)

    def follow(self, me):
        while (order := self.orders[me]) is not self:
            if order is None:
                time.sleep(0.00002)
                continue
            try:
                order()
            finally:
                self.orders[me] = None

    def fork(self, child):
        self.orders[child] = None
        self.threads[child] = threading.Thread(
            target=self.follow, args=(child,), name=f"thread {child}"
        )
        self.threads[child].start()

    def join(self, child):
        self.orders[child] = self
        self.threads[child].join()

    def acquire(self, lock, touch=None):
        if touch is not None:
            self.core.here(None, self.touches[touch])
        assert self.lock(lock).acquire(blocking=False)

    def release(self, lock):
        self.lock(lock).release()

    def lock(self, lock):
        if lock not in self.locks:
            kind = threading.RLock if lock.startswith("r") else threading.Lock
            self.locks[lock] = kind()
        return self.locks[lock]

    def post(self, channel):
        self.core.post(self.thing(channel))

    def receive(self, channel):
        self.core.receive(self.thing(channel))

    def thing(self, name):
        if name not in self.things:
            self.things[name] = MADE.get(name, object)()
            if type(self.things[name]) is object:
                self.things[name] = Plain()
        return self.things[name]

    def touch(self, touch, thing, *key):
        form, *_ = self.forms[touch]
        constant = self.touches[touch]
        thing = self.thing(thing)
        if form == "variable":
            self.core.variable(constant, thing)
        elif form == "holding":
            self.core.key(self.core.holding(thing, constant) and key[0], constant)
        elif key:
            getattr(self.core, form)(thing, *key, constant)
        else:
            getattr(self.core, form)(thing, constant)

    def store(self, thing, key):
        """Without being seen."""
        thing = self.thing(thing)
        if isinstance(thing, dict):
            thing[key] = 1
        elif isinstance(thing, set):
            thing.add(key)
        elif isinstance(thing, Plain):
            setattr(thing, str(key), 1)

    def names(self, thing):
        """Its namespace is used as such."""
        self.things["names"] = vars(self.thing(thing))


class Plain:
    in_class = None

    def method(self):
        pass

    @property
    def computed(self):
        return 1

    @cached_property
    def once(self):
        return 1


class Slotted:
    __slots__ = ("a", "b")


class Own(Plain):
    def __setattr__(self, name, value):
        super().__setattr__(name, value)


class Table(dict):
    pass


def cell():
    x = 1
    return lambda: x


MADE = {
    "plain": Plain,
    "other": Plain,
    "slotted": Slotted,
    "own": Own,
    "class": lambda: type("Made", (Plain,), {}),
    "dict": dict,
    "table": Table,
    "list": lambda: [1, 2, 3],
    "deque": lambda: deque([1, 2]),
    "set": set,
    "iterator": lambda: iter([]),
    "cell": cell,
    "local": threading.local,
    "bytes": lambda: bytearray(4),
}


def watched(which, touches, steps):
    """What a core found, with the numbers that it gave taken out."""
    from ungil.races import watching  # noqa: PLC0415 - in the other process
    from ungil.races.trace import Mode, Site, Touch  # noqa: PLC0415 - likewise

    core = CORES[which]()
    watching.core_in_use = lambda: (core, "")
    records = []
    watch = watching.Watch(records.append)
    watch.start()
    try:
        made = watch.make(
            [
                Touch(Site("p.py", n), form, Mode(mode), name, function, tuple(map(tuple, after)))
                for n, (form, mode, name, function, after) in enumerate(touches)
            ]
        )
        program = Program(core, made)
        program.forms = touches
        program.run(steps)
    finally:
        watch.stop()
    owners = count()
    numbers = {}
    found = {"conflicts": [], "compounds": [], "cycles": []}
    for what, *record in records:
        if what == "conflict":
            first, second, owner, *rest = record
            number = numbers.setdefault(owner, next(owners))
            found["conflicts"].append([first[:3], second[:3], number, *rest])
        elif what == "compound":
            found["compounds"].append(record)
        elif what == "cycle":
            found["cycles"].append(sorted(record[0]))
    return {what: sorted(those, key=repr) for what, those in found.items()}


def native():
    from ungil.races._native import _core  # noqa: PLC0415 - it may not be there

    return _core


def reference():
    from ungil.races import reference  # noqa: PLC0415 - in the other process

    return reference


CORES = {"native": native, "reference": reference}


def serve():
    for line in sys.stdin:
        which, touches, steps = json.loads(line)
        try:
            answer = {one: watched(one, touches, steps) for one in which}
        except Exception as error:  # noqa: BLE001 - it is told where it is looked at
            import traceback  # noqa: PLC0415 - likewise

            answer = {"error": "".join(traceback.format_exception(error))}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
    sys.exit()


# The tests.

import pytest  # noqa: E402 - the process that runs programs needs none of it
from hypothesis import HealthCheck, given, settings  # noqa: E402 - the process that runs programs needs none of it
from hypothesis import strategies as st  # noqa: E402 - the process that runs programs needs none of it
from traces import traces  # noqa: E402 - the process that runs programs needs none of it

from ungil.races import trace  # noqa: E402 - the process that runs programs needs none of it
from ungil.races.detect import HappensBefore  # noqa: E402 - the process that runs programs needs none of it

try:
    native()
except ImportError as error:
    pytestmark = pytest.mark.skip(reason=f"the native core is not built: {error}")

FEW = 150
"""Programs for one process: a core forgets no place in a source, nor set of locks."""


class Runner:
    def __init__(self):
        self.process, self.left = None, 0

    def __call__(self, touches, steps, which=("native", "reference")):
        if not self.left:
            self.end()
            self.process = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", __file__],
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
        (side(race.first, race.first_locks), side(race.second, race.second_locks))
        for event in events
        for race in detector.feed(event)
    }

    def lock(text):
        return places[int(text.rpartition(":")[2])].lock

    for found in runner(touches, steps):
        assert {
            tuple((touch, name, frozenset(map(lock, locks))) for touch, name, locks in sides)
            for *sides, _, _, _, _, _, _ in found["conflicts"]
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
    "method": ["append", "pop", "clear", "items", "sort", "a", "in_class", "method", "update"],
    "iterate": ["", "list"],
    "next": [""],
    "variable": ["x"],
    "here": [""],
    "named": [""],
    "dying": [""],
}


@st.composite
def touch_rows(draw):
    rows = []
    for number in range(draw(st.integers(2, 7))):
        form = draw(st.sampled_from([*FORMS, "attribute", "item", "attribute", "item"]))
        mode = draw(st.sampled_from(["read", "write", "update"]))
        function = draw(st.sampled_from(["f", "f", "C.__init__"]))
        earlier = st.tuples(st.integers(0, max(number - 1, 0)), st.sampled_from(["check", "value"]))
        after = draw(st.lists(earlier, max_size=2, unique_by=lambda one: one[0])) if number else []
        rows.append([form, mode, draw(st.sampled_from(FORMS[form])), function, after])
    return rows


@st.composite
def programs(draw):  # noqa: C901, PLR0912, PLR0915 - one branch for each kind of step
    """Touches, and steps: locks are taken when they are free, and threads are started once."""
    rows = draw(touch_rows())
    steps, running, fresh, owners = [[0, "fork", 1]], [0, 1], [2, 3], {}
    used = draw(st.lists(st.sampled_from([*MADE]), min_size=1, max_size=3, unique=True))
    places = [number for number, row in enumerate(rows) if row[0] == "here"]
    for _ in range(draw(st.integers(0, 40))):
        thread = draw(st.sampled_from(running))
        what = draw(
            st.sampled_from(
                ["touch"] * 8
                + ["acquire", "release", "acquire", "release", "post", "receive"]
                + ["fork", "join", "store", "names"]
            )
        )
        if what == "touch":
            touch = draw(st.sampled_from(range(len(rows))))
            form = rows[touch][0]
            thing = draw(st.sampled_from([*used, "names"] if ["names"] in steps else used))
            if form == "variable":
                thing = "cell"
            key = []
            if form in {"item", "holding"}:
                key = [draw(st.sampled_from(KEYS))]
            elif form == "named":
                key = [draw(st.sampled_from(ATTRIBUTES))]
            steps.append([thread, "touch", touch, thing, *key])
        elif what == "acquire":
            lock = draw(st.sampled_from(["l1", "l2", "r1"]))
            holder, depth = owners.get(lock, (None, 0))
            if holder is None or (holder == thread and lock == "r1"):
                owners[lock] = thread, depth + 1
                place = draw(st.sampled_from([None, *places]))
                steps.append([thread, "acquire", lock, place])
        elif what == "release":
            # A plain lock can be given back by anybody.
            mine = [one for one, (by, _) in owners.items() if by == thread or one != "r1"]
            if mine:
                lock = draw(st.sampled_from(mine))
                by, depth = owners.pop(lock)
                if depth > 1:
                    owners[lock] = by, depth - 1
                steps.append([thread, "release", lock])
        elif what in {"post", "receive"}:
            steps.append([thread, what, draw(st.sampled_from(["channel", *used]))])
        elif what == "fork" and fresh:
            child = fresh.pop(0)
            running.append(child)
            steps.append([thread, "fork", child])
        elif what == "join":
            # Who holds a lock goes on.
            idle = [
                one
                for one in running
                if one not in {0, thread} and one not in {by for by, _ in owners.values()}
            ]
            if idle:
                child = draw(st.sampled_from(idle))
                running.remove(child)
                steps.append([thread, "join", child])
        elif what == "store":
            key = draw(st.sampled_from(["k", "a", 1, "once", "in_class"]))
            steps.append([thread, "store", draw(st.sampled_from(used)), key])
        elif what == "names":
            plain = [one for one in used if one in {"plain", "other", "own"}]
            if plain:
                steps.append([thread, "names", draw(st.sampled_from(plain))])
    return rows, steps


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
