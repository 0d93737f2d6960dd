"""Threads under control: what strategies find, what is proved, and what replays."""

import json
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from races import under_control
from ungil.races.schedule import (
    STRATEGIES,
    Recorded,
    RecordedError,
    explore,
    read_recorded,
    replay,
    write_recorded,
)
from ungil.races.schedule.strategies import Pct
from ungil.races.schedule.strategies.dpor import Dpor

PROGRAMS = """
import operator, queue, threading, time
from concurrent.futures import ThreadPoolExecutor

EARLY = threading.Lock()
EARLY_R = threading.RLock()
total = 0

class Box:
    shared = 0
    def __init__(self):
        self.n = 0
        self.m = 0
        self.lock = threading.Lock()

def run(*functions):
    threads = [threading.Thread(target=one) for one in functions]
    for one in threads: one.start()
    for one in threads: one.join()

def increments(add):
    box = Box()
    run(*[lambda: add(box)] * 2)
    return box

def lost_update():
    def add(box): box.n += 1
    assert increments(add).n == 2

def lost_update_apart():
    def add(box): box.n = box.n + 1
    assert increments(add).n == 2

def lost_update_global():
    global total
    total = 0
    def add(box):
        global total
        total += 1
    increments(add)
    assert total == 2

def lost_update_variable():
    n = 0
    def add():
        nonlocal n
        n += 1
    run(add, add)
    assert n == 2

def lost_update_class():
    Box.shared = 0
    def add(box): Box.shared += 1
    increments(add)
    assert Box.shared == 2

class Default:
    n = 0

def lost_update_default():
    box = Default()
    def add(): box.n = box.n + 1
    run(add, add)
    assert box.n == 2

def lost_update_item():
    d = {"k": 0}
    def add():
        d["k"] += 1
    run(add, add)
    assert d["k"] == 2

def lost_update_setattr():
    def add(box): setattr(box, "n", box.n + 1)
    assert increments(add).n == 2

def lost_update_setitem():
    d = {"k": 0}
    def add(): d.__setitem__("k", d["k"] + 1)
    run(add, add)
    assert d["k"] == 2

def lost_update_operator():
    d = {"k": 0}
    def add(): operator.setitem(d, str("k"), d["k"] + 1)
    run(add, add)
    assert d["k"] == 2

def appended_twice():
    numbers = []
    def add(): numbers.append(len(numbers))
    run(add, add)
    assert numbers == [0, 1]

def check_then_act():
    d, made = {}, []
    def get():
        if "k" not in d:
            made.append(1)
            d["k"] = 1
    run(get, get)
    assert len(made) == 1

def deadlock():
    a, b = threading.Lock(), threading.Lock()
    def one():
        with a:
            with b: pass
    def other():
        with b:
            with a: pass
    run(one, other)

def lost_wake_up():
    ready = threading.Condition()
    def waits():
        with ready: ready.wait()
    def notifies():
        with ready: ready.notify()
    run(waits, notifies)

def livelock():
    box = Box()
    def spins():
        while not box.n: pass
    run(spins)

def tries_again():
    box = Box()
    def tries():
        while not box.lock.acquire(blocking=False): pass
        box.n += 1
        box.lock.release()
    def waits():
        with box.lock: box.n += 1
    run(tries, waits)
    assert box.n == 2

def pool():
    box = Box()
    def add(one): box.n += one
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(add, [1, 2]))
    assert box.n == 3

def exception():
    box = Box()
    def one(): box.n = 1
    def other():
        if box.n: raise LookupError("it is set")
    run(one, other)

def tries():
    got = []
    lock = threading.Lock()
    def try_it():
        if lock.acquire(blocking=False):
            got.append(1)
            lock.release()
    run(try_it, try_it)
    assert len(got) == 2

def other_first():
    box = Box()
    def looks(): assert box.n == 0
    def sets(): box.n = 1
    run(looks, sets)

def loop():
    d, seen = {"a": 1, "b": 2}, []
    def goes_through():
        for key in d: seen.append(key)
    run(goes_through, lambda: d.pop("a"))

def comprehension():
    d = {"a": 1, "b": 2}
    run(lambda: [one for one in d.items()], lambda: d.pop("a"))

def subclass():
    class Dict(dict): pass
    d = Dict(a=1, b=2)
    run(lambda: {one for one in d}, lambda: d.pop("a"))

def copies():
    d = {"a": 1, "b": 2}
    def copies(): list(d), sorted(d), set(d.values())
    run(copies, lambda: d.pop("a"))

def enumerated():
    d = {"a": 1, "b": 2}
    def goes_through():
        for number, one in enumerate(d.values()): pass
    run(goes_through, lambda: d.pop("a"))

def summed():
    d = {"a": 1, "b": 2}
    run(lambda: sum(d.values()), lambda: d.pop("a"))

def shared_iterator():
    numbers, got = iter([1, 2]), ([], [])
    def takes(mine):
        for one in numbers: mine.append(one)
    run(lambda: takes(got[0]), lambda: takes(got[1]))
    assert [] in got

# And these are in order.

def locked():
    def add(box):
        with box.lock: box.n += 1
    assert increments(add).n == 2

def locked_loop():
    box, d = Box(), {"a": 1, "b": 2}
    def goes_through():
        with box.lock:
            for key in d: assert key in d
    def pops():
        with box.lock: d.pop("a")
    run(goes_through, pops)

def sum_of_its_own():
    box, d = Box(), {"a": 1, "b": 2}
    def sum(one): return type(one)
    def goes_through(): assert sum(d) is dict
    run(goes_through, lambda: d.pop("a"))

def early_lock():
    def add(box):
        with EARLY: box.n += 1
    assert increments(add).n == 2

def early_reentrant():
    def add(box):
        with EARLY_R:
            with EARLY_R: box.n += 1
    assert increments(add).n == 2

def conditions():
    jobs, out = queue.Queue(1), []
    def puts():
        for one in range(2): jobs.put(one)
    def gets():
        for one in range(2): out.append(jobs.get())
    run(puts, gets)
    assert out == [0, 1]

def simple_queue():
    jobs, out = queue.SimpleQueue(), []
    run(lambda: jobs.put(1), lambda: out.append(jobs.get()))
    assert out == [1]

def own():
    local = threading.local()
    def one():
        local.ident = threading.get_ident()
        time.sleep(100)
        assert local.ident == threading.get_ident() == threading.current_thread().ident
    run(one, one, one)
    assert not hasattr(local, "ident")

def timeouts():
    event, lock = threading.Event(), threading.Lock()
    lock.acquire()
    began = time.monotonic()
    def one():
        assert not event.wait(1000)
        assert not lock.acquire(timeout=1000)
    run(one)
    assert time.monotonic() - began >= 2000

def polls():
    box = Box()
    def sets(): box.n = 1
    def waits():
        while not box.n: time.sleep(0.01)
    run(sets, waits)

def barrier():
    box, both = Box(), threading.Barrier(2)
    def one():
        box.n = 1
        both.wait()
        assert (box.n, box.m) == (1, 1)
    def other():
        box.m = 1
        both.wait()
        assert (box.n, box.m) == (1, 1)
    run(one, other)

def many():
    box = Box()
    def add():
        with box.lock: box.n += 1
    run(*[add] * 100)
    assert box.n == 100

def left_over():
    threading.Thread(target=threading.Event().wait, daemon=True).start()

def leaves():
    import sys
    run(sys.exit)

# What is given as data: each thread's reads and writes of variables.

def interpreted(program, result):
    box = Box()
    box.a = box.b = 0
    def work(number, steps, seen):
        for what, name in steps:
            if what == "r":
                if name == "a": seen.append(box.a)
                else: seen.append(box.b)
            elif what == "w":
                if name == "a": box.a = number
                else: box.b = number
            else:
                with box.lock: seen.append("locked")
    seen = [[] for _ in program]
    run(*[lambda i=i, one=one: work(i + 1, one, seen[i]) for i, one in enumerate(program)])
    result.append(str((seen, box.a, box.b)))
"""

RACY = {
    "lost_update": "AssertionError",
    "lost_update_apart": "AssertionError",
    "lost_update_global": "AssertionError",
    "lost_update_variable": "AssertionError",
    "lost_update_class": "AssertionError",
    "lost_update_default": "AssertionError",
    "lost_update_item": "AssertionError",
    "lost_update_setattr": "AssertionError",
    "lost_update_setitem": "AssertionError",
    "lost_update_operator": "AssertionError",
    "appended_twice": "AssertionError",
    "check_then_act": "AssertionError",
    "deadlock": "Thread-1 (one) waits for a lock; Thread-2 (other) waits for a lock",
    "lost_wake_up": "Thread-1 (waits) waits for a lock",
    "pool": "AssertionError",
    "exception": "LookupError: it is set",
    "tries": "AssertionError",
    "other_first": "AssertionError",
    "loop": "RuntimeError: dictionary changed size during iteration",
    "comprehension": "RuntimeError: dictionary changed size during iteration",
    "subclass": "RuntimeError: dictionary changed size during iteration",
    "enumerated": "RuntimeError: dictionary changed size during iteration",
    "summed": "RuntimeError: dictionary changed size during iteration",
    "shared_iterator": "AssertionError",
}
IN_ORDER = (
    *("locked", "early_lock", "early_reentrant", "conditions", "simple_queue", "own"),
    *("timeouts", "barrier", "left_over", "leaves", "locked_loop", "sum_of_its_own"),
    "copies",
)


@pytest.fixture(scope="module")
def controlled(tmp_path_factory):
    """The programs, and what controls them."""
    folder = tmp_path_factory.mktemp("scheduled")
    with under_control.controlled(folder, scheduled_programs=PROGRAMS) as (control, [programs]):
        yield control, programs


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", RACY)
def test_what_is_racy_fails_and_replays(controlled, name, strategy):
    control, programs = controlled
    test = getattr(programs, name)
    found = explore(control, test, strategy=strategy, schedules=500)
    assert found.failure is not None
    assert found.failure.text.startswith(RACY[name])
    assert found.failure.steps
    for _ in range(3):
        failure, diverged = replay(control, test, found.failure.choices)
        assert not diverged
        assert (failure.kind, failure.text) == (found.failure.kind, found.failure.text)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", IN_ORDER)
def test_what_is_in_order_passes(controlled, name, strategy):
    control, programs = controlled
    schedules = 5000 if strategy == "dpor" else 200
    found = explore(control, getattr(programs, name), strategy=strategy, schedules=schedules)
    assert found.failure is None
    assert found.complete == (strategy == "dpor")


def test_a_hundred_threads(controlled):
    control, programs = controlled
    found = explore(control, programs.many, strategy="random", schedules=3)
    assert (found.failure, found.executions, found.threads) == (None, 3, 101)


def test_what_spins_for_ever_is_told(controlled):
    control, programs = controlled
    found = explore(control, programs.livelock, strategy="random", schedules=3)
    assert found.failure.kind in {"deadlock", "livelock"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_who_tries_again_until_another_is_done_comes_to_an_end(controlled, strategy):
    control, programs = controlled
    found = explore(control, programs.tries_again, strategy=strategy, schedules=300)
    assert found.failure is None


def test_a_failure_is_shown_with_few_switches(controlled):
    control, programs = controlled
    found = explore(control, programs.lost_update, strategy="random", seed=3)
    # One thread is interrupted once, in the middle.
    threads = [one.thread for one in found.failure.steps if one.thread != "MainThread"]
    assert len(threads) == 3
    texts = [text for step in found.failure.steps for *_, text in step.lines]
    assert texts.count("box.n  (reads)") == texts.count("box.n  (writes)") == 2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_who_looks_again_and_again_lets_others_go_on(controlled, strategy):
    control, programs = controlled
    found = explore(control, programs.polls, strategy=strategy, schedules=300)
    assert found.failure is None
    # It may look any number of times, so there is no end of schedules that differ.
    assert found.executions > 200
    assert not found.complete


def test_the_same_seed_gives_the_same(controlled):
    control, programs = controlled
    for strategy in ("pct", "pos", "random"):
        first, second = (
            explore(control, programs.lost_update, strategy=strategy, seed=5) for _ in range(2)
        )
        assert first.failure == second.failure


class AskedEachTime(Pct):
    def choose(self, ready, current, world):
        chosen = super().choose(ready, current, world)
        world.asks_from = 0
        return chosen


@pytest.mark.parametrize("name", [*RACY, *IN_ORDER])
def test_priorities_decide_as_pct_does_when_it_is_asked_each_time(controlled, name):
    control, programs = controlled

    def chosen(strategy):
        control.forget(())
        for _ in range(40):
            strategy.another()
            world, _ = control.execute(getattr(programs, name), strategy)
            yield list(world.choices)

    assert list(chosen(Pct(7))) == list(chosen(AskedEachTime(7)))


def test_a_bound_is_told(controlled):
    control, programs = controlled
    found = explore(control, programs.locked, strategy="pct", schedules=50)
    assert "3 orderings among 3 threads" in found.bound
    assert not explore(control, programs.locked, strategy="random", schedules=5).bound


def test_another_program_diverges(controlled):
    control, programs = controlled
    found = explore(control, programs.lost_update, strategy="dpor")
    _, diverged = replay(control, programs.deadlock, (*found.failure.choices, "0.7"))
    assert diverged


class _All:
    """Every interleaving, without any reduction."""

    def __init__(self):
        self.stack, self.begun = [], False

    def another(self):
        if not self.begun:
            self.begun = True
            return True
        while self.stack:
            ready, at = self.stack[-1]
            if at + 1 < len(ready):
                self.stack[-1] = ready, at + 1
                return True
            self.stack.pop()
        return False

    def choose(self, ready, current, world):
        depth = len(world.choices)
        if depth == len(self.stack):
            self.stack.append(([one.path for one in ready], 0))
        paths, at = self.stack[depth]
        return next(one for one in ready if one.path == paths[at])

    def ended(self, world):
        if world.learnt:
            self.stack, self.begun = [], False


def _outcomes(control, strategy, test):
    """What a test can compute, and in how many executions that was seen."""
    results, count = [], 0
    while strategy.another():
        before = len(results)
        world, outcome = control.execute(lambda: test(results), strategy)
        if world.learnt:
            results.clear()
            count = 0
        elif outcome.kind != "pruned":
            assert outcome.kind == "passed"
            assert len(results) == before + 1
            count += 1
    return set(results), count


STEPS = st.tuples(st.sampled_from("rw"), st.sampled_from("ab")) | st.just(("l", ""))


@given(st.lists(st.lists(STEPS, min_size=1, max_size=2), min_size=2, max_size=3))
@settings(max_examples=15, deadline=None)
def test_all_that_differ_are_explored(controlled, program):
    if sum(map(len, program)) > 4:
        program = [one[:1] for one in program]
    control, programs = controlled

    def test(results):
        programs.interpreted(program, results)

    control.forget()
    every, many = _outcomes(control, _All(), test)
    reduced, few = _outcomes(control, Dpor(), test)
    assert reduced == every
    assert few <= many


# By the door.

APP = """
import threading, time, socket

class Counter:
    def __init__(self):
        self.n = 0

    def add(self):
        self.n += 1

def test_adds():
    counter = Counter()
    threads = [threading.Thread(target=counter.add) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert counter.n == 2, f"{counter.n} of 2"

def test_in_order():
    lock = threading.Lock()
    def one():
        with lock: pass
    threads = [threading.Thread(target=one) for _ in range(2)]
    for one in threads: one.start()
    for one in threads: one.join()

def test_hangs():
    a, b = socket.socketpair()
    thread = threading.Thread(target=lambda: a.recv(1))
    thread.start()
    b.send(b"x")
    thread.join()
    b.recv(1)
"""


def race(folder, *arguments, python=sys.executable):
    return subprocess.run(
        [python, "-m", "ungil", "race", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def app(tmp_path):
    (tmp_path / "app.py").write_text(textwrap.dedent(APP))
    return tmp_path


def test_explore_and_replay(app):
    done = race(app, "explore", "app:test_adds")
    assert done.returncode == 1, done.stderr
    assert "AssertionError: 1 of 2" in done.stdout
    assert "UG420" in done.stdout
    heads = next(one for one in done.stdout.splitlines() if "Thread-2" in one)
    assert heads.split()[0] == "MainThread"
    file = ".ungil/app.test_adds.schedule.json"
    assert file in done.stdout
    for _ in range(3):
        again = race(app, "replay", file)
        assert (again.returncode, again.stderr) == (1, "")
        assert "failed: AssertionError: 1 of 2" in again.stdout


def test_a_proof_says_what_it_is(app):
    done = race(app, "explore", "--strategy", "dpor", "app:test_in_order")
    assert done.returncode == 0, done.stderr
    assert "Proved, at the granularity of source operations, for these inputs" in done.stdout


def test_json(app):
    done = race(app, "explore", "--format", "json", "app:test_adds")
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["rule"], done.returncode) == ("schedule-fails", 1)


def test_a_hang_is_told(app):
    done = race(app, "explore", "--patience", "2", "app:test_hangs")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "hangs" in done.stderr
    assert "app.py:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explore", "app"), "no module:function"),
        (("explore", "app:nothing"), "has no attribute 'nothing'"),
        (("explore", "app:__name__"), "cannot be called"),
        (("explore", "--strategy", "stress", "app:nothing"), "has no attribute 'nothing'"),
        (("explore", "gone:test"), "No module named 'gone'"),
        (("explore", "--schedules", "0", "app:test_adds"), "no whole number"),
        (("explore", "--stratgy", "x", "app:test_adds"), "see ungil race explore --help"),
        (("replay", "gone.json"), "gone.json"),
        (("replay", "app.py"), "it is no JSON"),
    ],
)
def test_wrong_use_is_one_line(app, arguments, said):
    done = race(app, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert "Traceback" not in done.stdout


CHOICES = st.lists(st.sampled_from(["0", "0.1", "0.2", "0.1.1"]))


@given(CHOICES, st.text())
def test_what_is_recorded_is_read(tmp_path_factory, choices, text):
    file = tmp_path_factory.mktemp("recorded") / "schedule.json"
    recorded = Recorded(("app:test",), "failed", text, tuple(choices))
    write_recorded(recorded, file)
    assert read_recorded(file) == recorded
    assert [one.name for one in file.parent.iterdir()] == ["schedule.json"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(
    st.binary()
    | JSON.map(lambda one: json.dumps(one).encode())
    | st.fixed_dictionaries(
        {"format": st.sampled_from(["ungil schedule 1", "ungil schedule 2"])},
        optional=dict.fromkeys(
            ("program", "kind", "text", "only", "python", "choices", "candidate", "watched"), JSON
        ),
    ).map(lambda one: json.dumps(one).encode())
)
def test_what_is_no_schedule_is_refused(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("refused") / "schedule.json"
    file.write_bytes(content)
    with pytest.raises(RecordedError) as raised:
        read_recorded(file)
    assert "\n" not in str(raised.value)


WITHIN = """
import ungil.races

class Account:
    def __init__(self):
        self.balance = 10

    def take(self, amount):
        if self.balance >= amount:
            self.balance -= amount

def worker(account):
    account.take(10)

if __name__ == "__main__":
    import within
    for strategy in ("pct", "dpor"):
        found = ungil.races.explore(
            setup=within.Account,
            workers=[within.worker, within.worker],
            invariant=lambda account: account.balance >= 0,
            strategy=strategy,
        )
        print(found.failure.text, sorted({step.thread for step in found.failure.steps}))
    found = ungil.races.explore(
        setup=within.Account, workers=[within.worker], strategy="dpor"
    )
    print(found.complete, found.failure)
    try:
        ungil.races.explore(within.Account, setup=within.Account)
    except ValueError as error:
        print(error)
"""


def test_within_a_program(tmp_path):
    (tmp_path / "within.py").write_text(WITHIN)
    done = subprocess.run(
        [sys.executable, "within.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        *["AssertionError: the invariant does not hold ['MainThread', 'worker 1', 'worker 2']"] * 2,
        "True None",
        "either a test is explored, or what setup makes",
    ]
