"""The two cores, the native one and the reference, as programs meet them.

Each test runs a small program in an interpreter of its own, with touches made by hand.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ungil.races import effects

SOURCES = Path(effects.__file__).parents[2]

PRELUDE = """
import gc, json, os, sys, threading, time
from types import SimpleNamespace

from ungil.races import watching
from ungil.races.trace import Mode, Site, Touch

if CORE == "reference":
    from ungil.races import reference
    watching.core_in_use = lambda: (reference, "it was asked for")

READ, WRITE, UPDATE = Mode
records = []
watch = watching.Watch(records.append, HISTORY)
core = watch.core
globals().update((form, getattr(core, form)) for form in watching.FORMS)


def touches(**rows):
    "Of one function, by label: (form, mode, name, {after: how}, clears)."
    made, labels = [], list(rows)
    for line, (label, row) in enumerate(rows.items(), 1):
        form, mode, name, after, clears = (*row, *("attribute", READ, "", {}, False)[len(row):])
        after = tuple((labels.index(one), how) for one, how in after.items())
        made.append(Touch(Site("p.py", line, label), form, mode, name, "f", after, clears))
    return SimpleNamespace(**dict(zip(labels, watch.make(made))))


def together(*functions):
    "Run them in threads that nothing orders, and wait for them."
    threads = [threading.Thread(target=one) for one in functions]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


class Workers:
    "Threads that do what they are told, in an order that no core can see."

    def __init__(self, count):
        self.work = [None] * count
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(count)]
        for one in self.threads:
            one.start()

    def run(self, me):
        while (function := self.work[me]) is not self:
            if function is None:
                time.sleep(0.0001)
                continue
            try:
                function()
            finally:
                self.work[me] = None

    def do(self, who, function, *args):
        self.work[who] = lambda: function(*args)
        while self.work[who] is not None:
            time.sleep(0.0001)

    def end(self):
        self.work[:] = [self] * len(self.work)
        for one in self.threads:
            one.join()


class Thing:
    "Has attributes."
"""

END = """
watch.stop()
print(json.dumps(records))
"""


def run(core, program, *, history=0, start="watch.start()", seconds=60, fails=False):
    """What a program gave, as records; and all that it printed before."""
    text = "\n".join((f"CORE, HISTORY = {core!r}, {history}", PRELUDE, start, program, END))
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", text],
        capture_output=True,
        text=True,
        timeout=seconds,
        env={"PYTHONPATH": str(SOURCES), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert not done.stderr, done.stderr[-3000:]
    *printed, last = done.stdout.splitlines()
    return Run(json.loads(last), printed)


class Run:
    def __init__(self, records, printed):
        self.records, self.printed = records, printed
        self.labels = {one[1]: one[2][2] for one in records if one[0] == "touch"}

    def of(self, what):
        return [record[1:] for record in self.records if record[0] == what]

    @property
    def conflicts(self):
        """Who meets whom, and at what."""
        return {
            (*sorted((self.labels[first[0]], self.labels[second[0]])), part)
            for first, second, _, _, part, *_ in self.of("conflict")
        }

    @property
    def compounds(self):
        return {
            (self.labels[read], self.labels[act], how) for read, act, how in self.of("compound")
        }


def missing():
    try:
        from ungil.races._native import _core  # noqa: F401, PLC0415 - is it there?
    except ImportError as error:
        return str(error)
    return ""


@pytest.fixture(
    params=[
        pytest.param(
            "native",
            marks=pytest.mark.skipif(bool(missing()), reason=f"the core is not built: {missing()}"),
        ),
        "reference",
    ]
)
def core(request):
    return request.param


RACE = """
t = touches(made=("attribute", WRITE, "n"), read=("attribute", READ, "n"),
            write=("attribute", WRITE, "n", {"read": "value"}))
thing = Thing()
attribute(thing, t.made).n = 0

def add():
    attribute(thing, t.write).n = attribute(thing, t.read).n + 1
"""


def test_a_lost_update(core):
    found = run(core, RACE + "together(add, add)")
    assert found.conflicts == {("read", "write", "attribute"), ("write", "write", "attribute")}
    assert found.compounds == {("read", "write", "value")}
    (first, second, owner, kind, *_), *_ = found.of("conflict")
    assert (kind, first[1].split("-")[0], second[1].split("-")[0]) == ("Thing", "Thread", "Thread")
    assert all(one[2] == owner for one in found.of("conflict"))
    assert [name for _, _, name in second[3]] == ["add"]


def test_the_time_of_one_thread_is_in_order(core):
    assert not run(core, RACE + "together(add); together(add); add()").conflicts


def test_a_lock_orders(core):
    found = run(
        core,
        RACE
        + """
lock = threading.Lock()

def safely():
    with lock:
        add()

together(*[safely] * 4)
""",
    )
    assert not found.conflicts


def test_locks_are_named_where_they_were_taken(core):
    found = run(
        core,
        RACE
        + """
w = touches(with_one=("here",), with_other=("here",))
one, other = threading.Lock(), threading.RLock()

def first():
    with here(one, w.with_one):
        add()

def second():
    with here(other, w.with_other), other:
        add()

together(first, second)
""",
    )
    locks = {tuple(side[2]) for conflict in found.of("conflict") for side in conflict[:2]}
    assert locks == {("with_one, taken at p.py:1",), ("with_other, taken at p.py:2",)}


def test_numbers_are_given_once(core):
    """Objects that come and go at one address are not one."""
    program = """
t = touches(a=("attribute", WRITE, "n"), i=("item", WRITE), m=("method", READ, "append"),
            w=("whole",), k=("item", WRITE))

class Slotted:
    __slots__ = ("n",)

def churn():
    for i in range(COUNT):
        attribute(Thing(), t.a).n = i
        item([0], 0, t.i)[0] = i
        method([], t.m).append(i)
        item({}, "k", t.k)["k"] = i
        whole(set(), t.w)
        attribute(Slotted(), t.a).n = i
        def cell(): return i
        keep = [{} for _ in range(3)]
        for one in keep:
            item(one, "k", t.k)["k"] = i
        item(bytearray(3), 0, t.i)[0] = 1

churn()
together(churn, churn, churn)
"""
    count = "5000" if core == "native" else "500"
    assert not run(core, program.replace("COUNT", count)).conflicts


def test_classes_functions_and_cells_that_come_and_go(core):
    program = """
t = touches(c=("attribute", WRITE, "n"), f=("attribute", WRITE, "n"), v=("variable", WRITE, "v"))

def churn():
    for i in range(200):
        class Made:
            pass
        attribute(Made, t.c).n = i
        v = i
        def made():
            return v
        attribute(made, t.f).n = i
        variable(t.v, lambda: v)
        v = 3
        del Made, made
        if i % 50 == 0:
            gc.collect()

together(churn, churn, churn)
"""
    assert not run(core, program).conflicts


def test_what_died_in_one_thread_is_made_anew_in_another(core):
    program = """
t = touches(a=("attribute", WRITE, "n"), k=("item", WRITE))
import queue
for _ in range(40):
    def first():
        global kept
        kept = [Thing() for _ in range(50)], [{} for _ in range(50)]
        for one in kept[0]:
            attribute(one, t.a).n = 1
        for one in kept[1]:
            item(one, 1, t.k)[1] = 1
        kept = None
    workers = Workers(2)
    workers.do(0, first)
    workers.do(1, first)
    workers.do(0, first)
    workers.end()
"""
    assert not run(core, program).conflicts


@pytest.mark.parametrize(
    "grow",
    ["x = [x]", "x = {1: x}", "x = [{1: x}]", "x = (x,)", "x = [(x, {1: x})]", "x = Sub([x])"],
)
def test_deep_things_die(core, grow):
    program = f"""
class Sub(list): pass
t = touches(m=("method", READ, "append"), k=("item", READ))
def churn():
    x = None
    for _ in range(100_000):
        {grow}
        if type(x) is list:
            method(x, t.m)
        elif type(x) is dict:
            item(x, 1, t.k)
    del x
churn()
together(churn, churn)
print("alive")
"""
    assert run(core, program).printed == ["alive"]


def test_deep_things_die_without_touches_and_across_the_end_of_watching(core):
    program = """
def deep(n=100_000):
    x = []
    for _ in range(n):
        x = [{1: x}]
    return x
a, b, c = deep(), deep(), deep()
del a
def end(): global b; b = None
together(end)
class Ends:
    def __del__(self):
        watch.stop()
x = [Ends()]
for _ in range(1000):
    x = [x, {}]
del x
del c
"""
    assert not run(core, program).conflicts


def test_finalisers(core):
    """They run in whichever thread drops the last reference; that is an order, too."""
    program = """
t = touches(made=("attribute", WRITE, "n"), dying=("dying",), dead=("attribute", WRITE, "n"))
class Ends:
    def __init__(self):
        attribute(self, t.made).n = 1
    def __del__(self):
        dying(self, t.dying)
        attribute(self, t.dead).n = 2
shared = []
def fill():
    for _ in range(300):
        shared.append(Ends())
def drop():
    for _ in range(300):
        while not shared:
            time.sleep(0)
        shared.pop()
together(fill, drop)
local = threading.local()
def keeps():
    local.one = Ends()
together(*[keeps] * 20)
class Cycle(Ends): pass
for _ in range(200):
    one = Cycle(); one.me = one
def collect(): gc.collect()
together(collect)
"""
    assert not run(core, program).conflicts


def test_thousands_of_threads(core):
    program = """
t = touches(made=("attribute", WRITE, "n"), a=("attribute", UPDATE, "n"))
thing, lock = Thing(), threading.Lock()
attribute(thing, t.made).n = 0
def one():
    with lock:
        attribute(thing, t.a).n += 1
for _ in range(100):
    together(*[one] * 20)
print(thing.n)
"""
    found = run(core, program, seconds=120)
    assert found.printed == ["2000"]
    assert not found.conflicts


def test_a_lock_that_another_thread_gives_back(core):
    program = """
t = touches(made=("attribute", WRITE, "n"), a=("attribute", UPDATE, "n"), w=("here",))
thing, lock = Thing(), threading.Lock()
attribute(thing, t.made).n = 0
lock.acquire()
def gives():
    attribute(thing, t.a).n += 1
    lock.release()
def takes():
    lock.acquire()
    attribute(thing, t.a).n += 1
together(gives, takes)
lock.release()
"""
    assert not run(core, program).conflicts


def test_a_lock_given_back_by_another_is_no_longer_held(core):
    program = """
t = touches(made=("attribute", WRITE, "n"), a=("attribute", WRITE, "n"),
            b=("attribute", WRITE, "n"), w=("here",))
thing, lock = Thing(), threading.Lock()
attribute(thing, t.made).n = 0
workers = Workers(2)
workers.do(0, lambda: here(lock, t.w).acquire())
workers.do(1, lock.release)
workers.do(0, lambda: attribute(thing, t.a))
workers.do(1, lambda: attribute(thing, t.b))
workers.end()
"""
    found = run(core, program)
    assert found.conflicts == {("a", "b", "attribute")}
    assert [side[2] for side in found.of("conflict")[0][:2]] == [[], []]


# Programs without a race: each is run many times, since what orders threads differs by how
# they come to meet.

CORRECT = {
    "event": """
event = threading.Event()
def first(): add(); event.set()
def second(): event.wait(); add()
together(first, second)
""",
    "event that is asked": """
event = threading.Event()
def first(): add(); event.set()
def second():
    while not event.is_set():
        time.sleep(0)
    add()
together(first, second)
""",
    "condition": """
condition, ready = threading.Condition(), []
def first():
    add()
    with condition:
        ready.append(1)
        condition.notify()
def second():
    with condition:
        while not ready:
            condition.wait()
    add()
together(first, second)
""",
    "condition with a lock": """
condition, ready = threading.Condition(threading.Lock()), []
def first():
    add()
    with condition:
        ready.append(1)
        condition.notify_all()
def second():
    with condition:
        condition.wait_for(lambda: ready, 10)
        add()
    with condition:
        pass
together(second, first)
""",
    "condition within itself": """
condition, ready = threading.Condition(), []
def first():
    with condition, condition:
        add()
        ready.append(1)
        condition.notify_all()
def second():
    with condition, condition, condition:
        while not ready:
            condition.wait()
        add()
together(second, first)
""",
    "semaphore": """
semaphore = threading.Semaphore(0)
def first(): add(); semaphore.release()
def second(): semaphore.acquire(); add()
together(first, second)
""",
    "semaphore as a lock": """
semaphore = threading.BoundedSemaphore(1)
def one():
    with semaphore:
        add()
together(*[one] * 4)
""",
    "barrier": """
barrier, turns = threading.Barrier(3), iter(range(3))
def one(turn):
    for now in range(3):
        if turn == now:
            add()
        barrier.wait()
together(*[lambda turn=turn: one(turn) for turn in turns])
""",
    "queue": """
import queue
jobs, done = queue.Queue(), queue.Queue(1)
def first(): add(); jobs.put(1)
def second(): jobs.get(); add(); jobs.task_done(); done.put(2)
def third(): done.get(); add()
together(third, second, first)
jobs.join()
add()
""",
    "simple queue": """
import queue
jobs = queue.SimpleQueue()
def first(): add(); jobs.put(1)
def second(): jobs.get(); add()
together(second, first)
""",
    "priority queue": """
import queue
jobs = queue.PriorityQueue()
def first(): add(); jobs.put((1, 1))
def second(): jobs.get(timeout=10); add()
together(second, first)
""",
    "executor": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(3) as pool:
    add()
    for _ in range(3):
        pool.submit(add).result()
        add()
    for _ in pool.map(lambda _: None, range(3)):
        add()
    future = pool.submit(add)
add()
""",
    "callbacks of futures": """
from concurrent.futures import ThreadPoolExecutor, wait, as_completed
with ThreadPoolExecutor(2) as pool:
    add()
    future = pool.submit(add)
    wait([future])
    add()
    future = pool.submit(add)
    for one in as_completed([future]):
        add()
""",
    "pool of threads": """
from multiprocessing.pool import ThreadPool
with ThreadPool(2) as pool:
    add()
    pool.apply(add)
    add()
    pool.map(lambda _: add(), [1])
    add()
    result = pool.apply_async(add)
    result.wait()
    add()
    pool.close()
    pool.join()
""",
    "timer": """
add()
timer = threading.Timer(0, add)
timer.start()
timer.join()
add()
""",
    "is_alive": """
thread = threading.Thread(target=add)
thread.start()
while thread.is_alive():
    time.sleep(0)
add()
thread.join()
""",
    "a lock within itself": """
lock = threading.RLock()
def one():
    with lock:
        with lock:
            add()
        add()
        lock.acquire()
        lock.release()
        add()
together(*[one] * 3)
""",
    "a lock that is tried": """
lock = threading.Lock()
def one():
    while not lock.acquire(blocking=False):
        time.sleep(0)
    add()
    lock.release()
def other():
    while not lock.acquire(timeout=0.001):
        pass
    add()
    lock.release()
together(one, other, one, other)
""",
    "threads of _thread": """
import _thread
lock = _thread.allocate_lock()
ends = [_thread.allocate_lock() for _ in range(3)]
def one(end, *, key=None):
    with lock:
        add()
    end.release()
for end in ends:
    end.acquire()
    _thread.start_new_thread(one, (end,), {"key": 1})
for end in ends:
    end.acquire()
add()
""",
    "a list that hands over": """
import collections
jobs = collections.deque()
g = touches(give=("method", READ, "append"), take=("method", READ, "popleft"),
            look=("whole", READ))
method(jobs, g.give).append(0)
method(jobs, g.take).popleft()
def both(): whole(jobs, g.look)
together(both, both)
def first(): add(); method(jobs, g.give).append(1)
def second():
    while not jobs:
        time.sleep(0)
    method(jobs, g.take).popleft()
    add()
together(first, second)
""",
    "a thread that starts a thread": """
def inner(): add()
def outer():
    add()
    thread = threading.Thread(target=inner)
    thread.start()
    thread.join()
    add()
together(outer)
""",
    "a subclass of Thread": """
class Mine(threading.Thread):
    def run(self): add()
for _ in range(3):
    one = Mine(name="mine"); add(); one.start(); one.join(); add()
""",
}


@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_program_is_in_order(core, name):
    # What is made before the watching begins is not seen by the reference.
    body = RACE + CORRECT[name]
    program = (
        f"BODY = {body!r}\nfor _ in range(20): exec(compile(BODY, 'p', 'exec'), dict(globals()))"
    )
    found = run(core, program)
    # Putting into a container and taking out of it are steps that may come in any order.
    assert {one for one in found.conflicts if one[2] != "structure"} == set()
    assert not found.of("cycle")


def test_the_bound_on_what_is_remembered(core):
    program = """
import resource
t = touches(made=("attribute", WRITE, "n"), k=("item", WRITE))
def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kept = [{} for _ in range(100)]
def fill(numbers):
    for one in kept:
        for i in numbers:
            item(one, i, t.k)
fill(range(100))
before = used()
for at in range(100, 2000, 100):
    fill(range(at, at + 100))
print(used() - before)
print(core.lost())
"""
    if core == "reference":
        program = program.replace("2000", "400")
    found = run(core, program, history=2000)
    grown, lost = map(int, found.printed)
    assert lost > 10_000
    assert grown < 20_000  # kB; 100 bytes for each of 200,000 would be as many
    assert any("were dropped for lack of room" in one for (one,) in found.of("problem"))


def test_sweeping_while_threads_go_on(core):
    program = """
t = touches(made=("attribute", WRITE, "n"), k=("item", WRITE))
kept = [{} for _ in range(20)]
locks = [threading.Lock() for _ in kept]
def fill():
    for turn in range(COUNT):
        for lock, one in zip(locks, kept):
            with lock:
                for i in range(turn, turn + 20):
                    item(one, i, t.k)
            [item({}, i, t.k) for i in range(5)]
together(*[fill] * 4)
"""
    found = run(core, program.replace("COUNT", "400" if core == "native" else "10"), history=300)
    assert not found.conflicts


def test_watching_begins_and_ends_and_begins_again(core):
    found = run(
        core,
        RACE
        + """
for _ in range(3):
    together(add, add)
    watch.stop()
    watch.stop()
    together(add, add)
    add()
    watch.start()
together(add, add)
""",
    )
    # Each time it is told anew.
    assert Counter(one[0][0] for one in found.of("conflict")).total() >= 8
    assert found.conflicts == {("read", "write", "attribute"), ("write", "write", "attribute")}


def test_watching_twice_at_once_is_refused(core):
    program = """
try:
    watch.start()
except RuntimeError as error:
    print(error)
"""
    assert run(core, program).printed == ["it is watching already"]


def test_watching_ends_while_threads_run(core):
    program = (
        RACE
        + """
ended, lock, condition = [], threading.Lock(), threading.Condition()
import queue
jobs = queue.SimpleQueue()
def busy():
    while not ended:
        add()
        item({}, 1, k.k)[1] = 1
        with lock, condition:
            condition.notify()
        with condition:
            condition.wait(0.001)
        jobs.put(1)
        jobs.get()
k = touches(k=("item", WRITE))
threads = [threading.Thread(target=busy) for _ in range(4)]
for one in threads: one.start()
for _ in range(20):
    time.sleep(0.01)
    watch.stop()
    time.sleep(0.01)
    watch.start()
ended.append(1)
for one in threads: one.join()
"""
    )
    found = run(core, program)
    assert {one[2] for one in found.conflicts} == {"attribute"}


def test_the_end_of_the_program_while_daemons_run(core):
    program = (
        RACE
        + """
def busy():
    while True:
        add()
        with lock:
            [item({}, 1, k.k) for _ in range(10)]
k = touches(k=("item", WRITE))
lock = threading.Lock()
for _ in range(3):
    threading.Thread(target=busy, daemon=True).start()
time.sleep(0.1)
watch.stop = lambda: None
"""
    )
    run(core, program)


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system has no fork")
def test_a_child_is_not_watched(core):
    program = (
        RACE
        + """
import warnings
warnings.simplefilter("ignore")
ended, lock = [], threading.Lock()
def busy():
    while not ended:
        with lock:
            add()
        [item({}, 1, k.k) for _ in range(10)]
k = touches(k=("item", WRITE))
threads = [threading.Thread(target=busy) for _ in range(3)]
for one in threads: one.start()
count = len(records)
for _ in range(10):
    child = os.fork()
    if child == 0:
        lock = threading.Lock()
        together(add, add)
        def more():
            with lock: add()
        more()
        thread = threading.Thread(target=more)
        thread.start()
        thread.join()
        os._exit(0 if len(records) == count else 3)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
ended.append(1)
for one in threads: one.join()
"""
    )
    found = run(core, program)
    assert found.printed == ["0"] * 10
    assert not found.conflicts


SUBINTERPRETERS = """
try:
    from concurrent import interpreters
    def run_in(code):
        one = interpreters.create()
        one.exec(code)
        one.close()
except ImportError:
    try:
        import _interpreters as old
    except ImportError:
        import _xxsubinterpreters as old
    def run_in(code):
        one = old.create(**({} if sys.version_info >= (3, 12) else {"isolated": False}))
        error = old.run_string(one, code)
        assert error is None, error
        old.destroy(one)
"""


def test_other_interpreters_are_left_alone(core):
    program = (
        RACE
        + SUBINTERPRETERS
        + """
code = '''
import threading, queue, time
lock, other, jobs = threading.Lock(), threading.RLock(), queue.SimpleQueue()
def work():
    for _ in range(20):
        with lock:
            with other:
                jobs.put([{}])
        jobs.get()
        with lock, other:
            time.sleep(0)
threads = [threading.Thread(target=work) for _ in range(3)]
for one in threads: one.start()
for one in threads: one.join()
work()
'''
lock, other = threading.Lock(), threading.Lock()
run_in(code)
with lock:
    with other:
        run_in(code)
thread = threading.Thread(target=run_in, args=(code,))
thread.start()
together(add, add)
thread.join()
"""
    )
    found = run(core, program)
    assert found.conflicts == {("read", "write", "attribute"), ("write", "write", "attribute")}
    assert not found.of("cycle")


def test_the_limit_of_calls_is_reached_within_a_touch(core):
    program = (
        RACE
        + """
def deep(function):
    try:
        deep(function)
    except RecursionError:
        pass
    try:
        function()
    except RecursionError:
        pass
lock, inner = threading.Lock(), threading.Lock()
def locks():
    with lock, inner:
        add()
def race():
    deep(add)
together(race, race, lambda: deep(locks))
"""
    )
    found = run(core, program)
    assert found.conflicts <= {("read", "write", "attribute"), ("write", "write", "attribute")}
