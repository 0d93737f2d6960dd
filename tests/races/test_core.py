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
from ungil.races.effects import Effect

SOURCES = Path(effects.__file__).parents[2]

PRELUDE = """
import gc, json, os, sys, threading, time, traceback
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
        self.threads = [
            threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(count)
        ]
        for one in self.threads:
            one.start()

    def run(self, me):
        while (function := self.work[me]) is not self:
            if function is None:
                time.sleep(0.0001)
                continue
            try:
                function()
            except BaseException:
                traceback.print_exc()
                os._exit(1)  # whoever waits for it would do so for ever
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


def run(core, program, *, history=0, seconds=60, prelude=PRELUDE):
    """What a program gave, as records; and all that it printed before."""
    text = "\n".join(
        (f"CORE, HISTORY = {core!r}, {history}", prelude, "watch.start()", program, END)
    )
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
            for first, second, _, _, part, *_, exclusive in self.of("conflict")
            if not exclusive
        }

    @property
    def compounds(self):
        return {
            (self.labels[read], self.labels[act], how) for read, act, how, _ in self.of("compound")
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
    # As deep as would end the native core's process. In Python a hundredth is too deep already.
    depth = 100_000 if core == "native" else 5_000
    program = f"""
class Sub(list): pass
t = touches(m=("method", READ, "append"), k=("item", READ))
def churn():
    x = None
    for _ in range({depth}):
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


def test_an_object_may_be_gone_when_its_key_comes(core):
    program = """
class Proxy:
    def __init__(self, of): self.of = of
    def __getattr__(self, name): return getattr(self.of, name)
t = touches(g=("holding", READ, "get"), s=("item", READ, "setdefault"))
d = {"k": 1}
def other():
    del [Proxy(None) for _ in range(50)][:]
    return "k"
def work():
    for _ in range(10_000):
        receiver(Proxy(d), t.g).get(key(other(), t.g))
        receiver(Proxy(d), t.s).setdefault("k", last(other(), "k", t.s))
together(work, work)
print("alive")
"""
    done = run(core, program)
    assert (done.printed, done.conflicts) == (["alive"], set())


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
others = Workers(1)  # of a thread that is alone nothing is kept
fill(range(100))
before = used()
for at in range(100, 2000, 100):
    fill(range(at, at + 100))
print(used() - before)
print(core.lost())
others.end()
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
for _ in range(10):
    count = len(records)  # the parent records that it forked
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


# What one access and another, in threads that nothing orders, meet at. Each is a thing to
# share, what one thread does, what the other does, and the parts.

PAIRS = {
    "an attribute": ("Thing()", "attribute(x, t.write)", "attribute(x, t.read)", "attribute"),
    "two attributes": ("Thing()", "attribute(x, t.write)", "attribute(x, t.other)", ""),
    "reads": ("Thing()", "attribute(x, t.read)", "attribute(x, t.read)", ""),
    "a slot": ("Slotted()", "attribute(x, t.write)", "attribute(x, t.read)", "attribute"),
    "by name": ("Thing()", "named(x, 'n', t.named)", "attribute(x, t.read)", "attribute"),
    "by another name": ("Thing()", "named(x, 'm', t.named)", "attribute(x, t.read)", ""),
    "an item of vars": (
        "Thing()",
        "item(vars(x), 'n', t.store)",
        "attribute(x, t.read)",
        "attribute item",
    ),
    "an item of __dict__": (
        "Thing()",
        "attribute(x, t.names), item(x.__dict__, 'n', t.store)",
        "attribute(x, t.read)",
        "attribute item",
    ),
    "all of __dict__": (
        "Thing()",
        "attribute(x, t.all_names)",
        "attribute(x, t.read)",
        "attribute",
    ),
    "a method": ("Thing()", "attribute(type(x), t.run_write)", "attribute(x, t.run)", ""),
    "a method of one": (
        "Thing()",
        "attribute(x, t.run_write), setattr(x, 'run', 1)",
        "attribute(x, t.run)",
        "attribute",
    ),
    "a property": ("Thing()", "attribute(x, t.computed_write)", "attribute(x, t.computed)", ""),
    "an attribute of a class": (
        "Thing()",
        "attribute(Thing, t.shared_write)",
        "attribute(x, t.shared)",
        "attribute",
    ),
    "one that is None": (
        "Thing()",
        "attribute(Thing, t.nothing_write)",
        "attribute(x, t.nothing)",
        "attribute",
    ),
    "one that a subclass inherits": (
        "Derived()",
        "attribute(Thing, t.shared_write)",
        "attribute(Derived, t.shared)",
        "attribute",
    ),
    "one that an object hides": (
        "Thing(shared=1)",
        "attribute(Thing, t.shared_write)",
        "attribute(x, t.shared)",
        "",
    ),
    "a cached property": (
        "Thing()",
        "attribute(x, t.once)",
        "attribute(x, t.once)",
        "attribute" if sys.version_info >= (3, 12) else "",  # it had a lock
    ),
    "one that was computed": ("Thing(once=1)", "attribute(x, t.once)", "attribute(x, t.once)", ""),
    "attributes of each thread": (
        "threading.local()",
        "attribute(x, t.write)",
        "attribute(x, t.read)",
        "",
    ),
    "a class that sets": ("Sets()", "attribute(x, t.write)", "attribute(x, t.write)", ""),
    "a function": ("lambda: 1", "attribute(x, t.write)", "attribute(x, t.read)", "attribute"),
    "an object of C": ("object()", "attribute(x, t.write)", "attribute(x, t.read)", ""),
    "a module": ("module", "attribute(x, t.write)", "attribute(x, t.read)", "variable"),
    "a module's variable": ("module", "attribute(x, t.write)", "x.reads()", "variable"),
    "an item of globals": ("module", "item(vars(x), 'n', t.load)", "x.stores()", "item variable"),
    "a variable of a function": (
        "closures()",
        "variable(t.variable_write, x[0])",
        "variable(t.variable, x[1])",
        "variable",
    ),
    "variables of two calls": (
        "closures()[0], closures()[1]",
        "variable(t.variable_write, x[0])",
        "variable(t.variable, x[1])",
        "",
    ),
    "a stored variable": (
        "closures()",
        "storing(1, t.variable_write, x[0])",
        "variable(t.variable, x[1])",
        "variable",
    ),
    "a key": ("{}", "item(x, 'n', t.store)", "item(x, 'n', t.load)", "item"),
    "two keys": ("{1: 1, 2: 2}", "item(x, 1, t.store)", "item(x, 2, t.load)", ""),
    "equal keys": ("{1: 1}", "item(x, 1.0, t.store)", "item(x, True, t.load)", "item"),
    "a tuple": ("{}", "item(x, (1, 'a'), t.store)", "item(x, (1, 'a'), t.load)", "item"),
    "a key that is code": ("{}", "item(x, KEY, t.store)", "item(x, KEY, t.load)", "item"),
    "keys that are code": ("{}", "item(x, Key(), t.store)", "item(x, KEY, t.load)", ""),
    "the thread's own": (
        "{}",
        "item(x, threading.get_ident(), t.store)",
        "item(x, threading.get_ident(), t.store)",
        "structure",
    ),
    "an index": ("[1, 2]", "item(x, -1, t.store)", "item(x, 1, t.load)", "item"),
    "a new key and the length": ("{}", "item(x, 1, t.store)", "whole(x, t.size)", "structure"),
    "an old key and the length": ("{1: 1}", "item(x, 1, t.store)", "whole(x, t.size)", ""),
    "a new object and the length": (
        "{}",
        "item(x, threading.main_thread(), t.store)",
        "whole(x, t.size)",
        "structure",
    ),
    "new code and the length": ("{}", "item(x, KEY, t.store)", "whole(x, t.size)", ""),
    "a key that is made": (
        "defaultdict(int)",
        "item(x, 1, t.load)",
        "whole(x, t.size)",
        "structure",
    ),
    "one that was made": ("defaultdict(int, {1: 1})", "item(x, 1, t.load)", "whole(x, t.size)", ""),
    "one that is looked up": ("defaultdict(int)", "item(x, 1, t.get)", "whole(x, t.size)", ""),
    "in": ("{}", "member(x, 1, t.member)", "item(x, 1, t.store)", "item"),
    "a key that comes later": (
        "{}",
        "holding(x, t.holding), key('n', t.holding)",
        "item(x, 'n', t.load)",
        "item",
    ),
    "a key that comes first": (
        "{}",
        "keyed('n', t.keyed), among(x, t.keyed)",
        "item(x, 'n', t.store)",
        "item",
    ),
    "the last argument of a call": (
        "Thing()",
        "holding(x, t.write), inner(), last(1, t.write)",
        "attribute(x, t.read)",
        "attribute",
    ),
    "that of one with a name": (
        "Thing()",
        "holding(x, t.named), last(1, 'n', t.named)",
        "attribute(x, t.read)",
        "attribute",
    ),
    "that of one with a key": (
        "{}",
        "receiver(x, t.store), last(1, 'n', t.store)",
        "item(x, 'n', t.load)",
        "item",
    ),
    "that of one whose key comes later": (
        "{}",
        "receiver(x, t.holding), holding('n', t.holding), last(1, t.holding)",
        "item(x, 'n', t.load)",
        "item",
    ),
    "that of a method": (
        "[]",
        "receiver(x, t.append), last(1, t.append)",
        "whole(x, t.size)",
        "structure",
    ),
    "what is given to a call": (
        "Thing()",
        "used(1, x, t.write), used(1, x, 'm', t.named)",
        "attribute(x, t.read)",
        "attribute",
    ),
    "what is given to a method": (
        "[]",
        "used(1, x, t.append)",
        "whole(x, t.size)",
        "structure",
    ),
    "what is given to one with a key": (
        "{}",
        "used(1, x, 'n', t.store)",
        "item(x, 'n', t.load)",
        "item",
    ),
    "keys in keys": (
        "{}",
        "holding(x, t.holding), inner(), key('n', t.holding)",
        "item(x, 'n', t.load)",
        "item",
    ),
    "a slice": ("[1, 2]", "whole(x, t.cut)", "item(x, 0, t.load)", "item"),
    "a slice and the length": ("[1, 2]", "whole(x, t.cut)", "whole(x, t.size)", "structure"),
    "a view": ("{1: 1}", "item(x, 2, t.store)", "iterate(x.items(), t.iterate)", "structure"),
    "a view of an ordered one": (
        "OrderedDict({1: 1})",
        "item(x, 2, t.store)",
        "iterate(x.values(), t.iterate)",
        "structure",
    ),
    "an iterator": ("iter([1, 2])", "next(x, t.next)", "iterate(x, t.iterate)", "iterator"),
    "a generator": ("(i for i in ())", "next(x, t.next)", "next(x, t.next)", "iterator"),
    "a counter": ("itertools.count()", "next(x, t.next)", "next(x, t.next)", ""),
    "a string": ("'abc'", "whole(x, t.size)", "iterate(x, t.iterate)", ""),
    "a method of no container": (
        "Thing()",
        "attribute(x, t.append_write)",
        "method(x, t.append)",
        "attribute",
    ),
    "an overridden method": ("Appends()", "method(x, t.append)", "method(x, t.append)", ""),
    "an inherited method": ("Listed()", "method(x, t.append)", "whole(x, t.size)", "structure"),
}

AROUND_PAIRS = """
import itertools, types
from collections import OrderedDict, defaultdict
from functools import cached_property

def places():
    return touches(
        read=("attribute", READ, "n"), write=("attribute", WRITE, "n"),
        other=("attribute", WRITE, "m"), named=("named", WRITE),
        names=("attribute", READ, "__dict__"), all_names=("attribute", WRITE, "__dict__"),
        run=("attribute", READ, "run"), run_write=("attribute", WRITE, "run"),
        computed=("attribute", READ, "computed"), computed_write=("attribute", WRITE, "computed"),
        shared=("attribute", READ, "shared"), shared_write=("attribute", WRITE, "shared"),
        nothing=("attribute", READ, "nothing"), nothing_write=("attribute", WRITE, "nothing"),
        once=("attribute", READ, "once"), load=("item", READ), store=("item", WRITE),
        get=("item", READ, "get"), member=("member", READ), holding=("holding", WRITE),
        loading=("holding", READ), keyed=("keyed", READ), size=("whole", READ),
        cut=("whole", WRITE), iterate=("iterate", READ), next=("next", UPDATE),
        variable=("variable", READ, "n"), variable_write=("variable", WRITE, "n"),
        append=("method", READ, "append"), append_write=("attribute", WRITE, "append"),
    )

SHARED = '''
class Thing:
    shared = 0
    nothing = None
    def __init__(self, **given):
        vars(self).update(given)
    def run(self): pass
    @property
    def computed(self): return 1
    @cached_property
    def once(self): return 1
class Derived(Thing): pass
class Slotted: __slots__ = ("n",)
class Sets:
    def __setattr__(self, name, value): raise AssertionError
class Appends(list):
    def append(self, one): raise AssertionError
class Listed(list): pass
class Key:
    def __hash__(self): raise AssertionError
    def __eq__(self, other): raise AssertionError
KEY = Key()

module = types.ModuleType("app.module")
module.variable = variable
exec("def reads(): variable(t.variable)", vars(module))
exec("def stores(): variable(t.variable_write)", vars(module))
'''

def closures():
    n = 0
    return lambda: n, lambda: n

def inner():
    holding({}, t.holding), key(2, t.holding)
    try:
        holding({}, t.holding), key(1 / 0, t.holding)
    except ZeroDivisionError:
        pass

workers = Workers(2)
found = {}
for name, (thing, one, other, _) in PAIRS.items():
    for first, second in ((one, other), (other, one)):
        exec(SHARED)
        t = module.t = places()
        x = eval(thing)
        del records[:]
        workers.do(0, eval, first, globals())
        workers.do(1, eval, second, globals())
        for what, *record in records:
            if what == "conflict":
                found.setdefault(name, []).append([record[4], record[3]])
workers.end()
print(json.dumps(found))
"""


def test_what_two_accesses_meet_at(core):
    found = json.loads(run(core, f"PAIRS = {PAIRS!r}\n{AROUND_PAIRS}").printed[0])
    parts = {name: {part for part, _ in found.get(name, [])} for name in PAIRS}
    assert parts == {name: set(those.split()) for name, (*_, those) in PAIRS.items()}
    # In either order, once; but that an attribute hides a method has to be seen first.
    assert {name for name, those in found.items() if len(those) != 2} == {"a method of one"}
    kinds = {name: {kind for _, kind in those} for name, those in found.items()}
    assert kinds["an attribute"] == kinds["an item of vars"] == {"Thing"}
    assert kinds["an attribute of a class"] == {"class Thing"}
    assert kinds["a module"] == {"module app.module"}
    assert kinds["a variable of a function"] == {"function"}


# What the methods of containers do, by what `effects` says of them.

CONTAINERS = {
    "list": "[1, 2, 3]",
    "bytearray": "bytearray(3)",
    "dict": "{0: 1}",
    "set": "{0}",
    "deque": "collections.deque([1, 2, 3])",
    "array": "array.array('b', [1, 2, 3])",
    "OrderedDict": "collections.OrderedDict({0: 1})",
}

EFFECTS = """
import array, collections
from ungil.races.effects import Effect, effects

table = effects()
workers = Workers(2)
found = {}

def do(key, form, x, place):
    if form == "item":
        item(x, key, place)
    else:
        globals()[form](x, place)

for kind, made in CONTAINERS.items():
    container = type(eval(made))
    probes = SETS if kind == "set" else PROBES
    names = {name: effect for one in reversed(container.__mro__) for name in vars(one)
             if (effect := table.get(vars(one)[name])) is not None}
    for name, effect in names.items():
        keyed = effect & (Effect.KEY_READ | Effect.KEY_WRITE)
        for key in (0, 7):
            for probe, (form, mode, called, other) in probes.items():
                t = touches(one=("item" if keyed else "method", READ, name),
                            other=(form, Mode(mode), called))
                x = eval(made)
                del records[:]
                workers.do(0, do, key, "item" if keyed else "method", x, t.one)
                workers.do(1, do, key if other is None else other, form, x, t.other)
                met = [one[5] for one in records if one[0] == "conflict"]
                found.setdefault(kind, []).append([name, effect, key, probe, met])
workers.end()
print(json.dumps(found))
"""

PROBES = {
    "reads the item": ("item", "read", "__getitem__", None),
    "writes the item": ("item", "write", "__setitem__", None),
    "reads another": ("item", "read", "__getitem__", 1),
    "length": ("whole", "read", "", None),
    "goes through": ("iterate", "read", "", None),
    "changes all": ("whole", "write", "", None),
}
PROBES_OF_SETS = {
    **PROBES,
    "reads the item": ("item", "read", "__contains__", None),
    "writes the item": ("item", "write", "add", None),
    "reads another": ("item", "read", "__contains__", 1),
}


def expected(effect, key, probe):
    """What a method and a probe meet at."""
    effect = Effect(effect)
    keyed = bool(effect & (Effect.KEY_READ | Effect.KEY_WRITE))
    changes = bool(effect & (Effect.STRUCTURE_WRITE | Effect.ALL_WRITE))
    if keyed and effect & Effect.IF_MISSING:
        changes = key == 7
    if keyed and effect & Effect.IF_PRESENT:
        changes = key == 0
    looks = bool(effect & Effect.STRUCTURE_READ)
    every = bool(effect & Effect.ALL_WRITE)
    at_item = {
        "reads the item": every or bool(effect & Effect.KEY_WRITE),
        "writes the item": every or keyed,
        "reads another": every,
        "changes all": keyed,
    }
    at_structure = {"length": changes, "goes through": changes, "changes all": changes or looks}
    meets = {"item": at_item, "structure": at_structure}
    return {part for part, probes in meets.items() if probes.get(probe)}


def test_each_method_does_what_its_effect_says(core):
    given = f"CONTAINERS, PROBES, SETS = {CONTAINERS!r}, {PROBES!r}, {PROBES_OF_SETS!r}"
    found = json.loads(run(core, f"{given}\n{EFFECTS}").printed[0])
    assert found.keys() == CONTAINERS.keys()
    for kind, rows in found.items():
        assert len({name for name, *_ in rows}) > 5
        for name, effect, key, probe, met in rows:
            # To store a new key is to change the structure, too.
            own = {"structure"} if probe == "writes the item" else set()
            assert set(met) - own == expected(effect, key, probe), (kind, name, key, probe)


HANDED_OVER = """
t = touches(first=("attribute", WRITE, "n"), later=("attribute", WRITE, "n"),
            there=("attribute", WRITE, "n"))
things = []
def make():
    things.append(Thing())
    attribute(things[-1], t.first).n = 0
workers = Workers(3)
workers.do(0, make)
workers.do(1, lambda: attribute(things[-1], t.there))
"""

IN_AN_INITIALISER = PRELUDE.replace('mode, name, "f", after', 'mode, name, "C.__init__", after')


def test_what_is_new_is_handed_over(core):
    """However the other thread got hold of it, its maker had been there before."""
    program = HANDED_OVER + "workers.end()"
    assert run(core, program).conflicts == {("first", "there", "attribute")}
    assert not run(core, program, prelude=IN_AN_INITIALISER).conflicts


def test_what_was_handed_over_can_race(core):
    program = (
        HANDED_OVER
        + """
workers.do(0, lambda: attribute(things[-1], t.later))
workers.do(2, lambda: attribute(things[-1], t.first))
workers.end()
"""
    )
    found = run(core, program, prelude=IN_AN_INITIALISER).conflicts
    assert found == {("later", "there", "attribute"), ("first", "later", "attribute")}


PUT_AND_TAKEN = """
t = touches(here=("attribute", WRITE, "n"), there=("attribute", WRITE, "n"),
            put=("method", WRITE, "append"), pop=("method", WRITE, "pop"),
            pop_first=("item", WRITE, "pop"))
things, box = [Thing(), Thing()], []
workers = Workers(2)
def put(thing): attribute(thing, t.here); method(box, t.put)
"""


def test_what_was_put_in_before_others_came_is_handed_over(core):
    program = (
        PUT_AND_TAKEN
        + """
workers.do(0, lambda: put(things[0]))
workers.do(1, lambda: (method(box, t.pop), attribute(things[0], t.there)))
workers.end()
"""
    )
    assert run(core, program).conflicts == {("pop", "put", "structure")}


def test_each_item_is_handed_over(core):
    """Also if nothing else happens to who takes them, and the same place takes them all."""
    program = (
        PUT_AND_TAKEN
        + """
for thing in things:
    workers.do(0, lambda: put(thing))
    workers.do(1, lambda: (item(box, 0, t.pop_first), attribute(thing, t.there)))
workers.end()
"""
    )
    assert {kind for *_, kind in run(core, program).conflicts} == {"structure"}


def test_what_is_put_in_while_another_is_about_to_take_is_handed_over(core):
    program = (
        PUT_AND_TAKEN
        + """
workers.do(0, lambda: put(things[0]))
workers.do(1, lambda: method(box, t.pop))
workers.do(0, lambda: put(things[1]))
workers.do(1, lambda: attribute(things[1], t.there))
workers.end()
"""
    )
    assert {kind for *_, kind in run(core, program).conflicts} == {"structure"}


def test_compounds(core):
    program = """
t = touches(check=("attribute", READ, "n"), act=("attribute", WRITE, "n", {"check": "check"}),
            other=("attribute", WRITE, "m", {"check": "check", "act": "value"}),
            size=("whole", READ), pop=("method", READ, "pop", {"size": "check"}),
            has=("member", READ), store=("item", WRITE, "", {"has": "check", "size": "value"}))
def told():
    print(sum(one[0] == "compound" for one in records))
others = Workers(1)
a, b = Thing(), Thing()
attribute(a, t.check); attribute(b, t.act)
told()
attribute(a, t.act); attribute(a, t.other)
x, d = [1], {}
whole(x, t.size); method(x, t.pop)
told()
member(d, 1, t.has); item(d, 2, t.store)
told()
item(d, 1, t.store); item(d, 1, t.store)
others.end()
"""
    found = run(core, program)
    assert found.printed == ["0", "2", "2"]
    assert found.compounds == {
        ("check", "act", "check"),
        ("size", "pop", "check"),
        ("has", "store", "check"),
    }


def test_locks_in_another_order(core):
    program = """
t = touches(a=("here",), b=("here",))
a, b, c = threading.Lock(), threading.Lock(), threading.RLock()
def one():
    with here(a, t.a), here(b, t.b): pass
def other():
    with here(b, t.b), c, c, here(a, t.a): pass
together(one)
together(other)
print(sum(one[0] == "cycle" for one in records))
workers = Workers(2)
workers.do(0, one); workers.do(1, other); workers.do(0, one)
workers.end()
"""
    found = run(core, program)
    assert found.printed == ["0"]  # they could not meet
    ((steps, *_),) = found.of("cycle")
    assert {(held, taken) for held, taken, *_ in steps} == {("a", "b"), ("b", "a")}


def test_a_lock_is_held_while_waiting(core):
    program = """
t = touches(here=("here",), cond=("here",))
lock, condition = threading.Lock(), threading.Condition()
time.sleep(0)
with here(lock, t.here):
    time.sleep(0)
    time.sleep(0)
with here(condition, t.cond):
    condition.wait(0)
with here(lock, t.here):
    pass
"""
    ((site, what, locks),) = run(core, program).of("blocked")
    assert (site[1], what, locks) == (1, "time.sleep", ["here, taken at p.py:1"])


def test_locks_and_queues_are_what_they_are_without_us(core):
    program = """
import _thread, copy, pickle, queue, weakref
for lock in (threading.Lock(), threading.RLock()):
    for fails in (pickle.dumps, copy.copy, copy.deepcopy):
        try:
            fails(lock)
        except TypeError:
            print("refused")
    assert weakref.ref(lock)() is lock
    assert isinstance(lock, type(lock)) and hash(lock) == hash(lock) and lock == lock
    assert "lock" in repr(lock).lower()
    with lock: pass
    try:
        lock.release()
    except RuntimeError:
        print("refused")
assert isinstance(threading.Lock(), type(threading.Lock()))
assert isinstance(threading.RLock(), type(threading.RLock()))
jobs = queue.SimpleQueue()
assert jobs.empty() and jobs.qsize() == 0
try:
    jobs.get_nowait()
except queue.Empty:
    print("empty")
watch.stop()
assert type(threading.Lock()) is _thread.LockType
assert type(threading.RLock()) is _thread.RLock
assert time.sleep.__class__ is len.__class__
watch.start()
"""
    assert run(core, program).printed == ["refused"] * 8 + ["empty"]


def test_an_import_orders(core):
    program = (
        RACE
        + """
i = touches(imported=("imported",))
workers = Workers(2)
workers.do(0, lambda: (add(), core.module_done()))
workers.do(1, lambda: (imported(i.imported), add()))
workers.end()
"""
    )
    assert not run(core, program).conflicts


def test_of_a_thread_that_is_alone_nothing_is_kept(core):
    program = """
t = touches(write=("attribute", WRITE, "n"), read=("attribute", READ, "n"))
x = Thing()
def begins():
    attribute(x, t.write)  # alone: before all that is started later
    workers = Workers(2)
    workers.do(0, attribute, x, t.read); workers.do(1, attribute, x, t.read)
    print(sum(one[0] == "conflict" for one in records))
    workers.do(0, attribute, x, t.write)
    print(sum(one[0] == "conflict" for one in records))
    workers.end()
begins()
attribute(x, t.write)  # alone again: it has joined both
begins()
"""
    assert run(core, program).printed == ["0", "1", "1", "1"]


def test_who_has_not_joined_all_is_not_alone(core):
    program = """
t = touches(write=("attribute", WRITE, "n"))
x = Thing()
one, other = Workers(1), Workers(1)
one.do(0, attribute, x, t.write)
one.work[:] = [one]  # it ends, and nobody asks whether it did
import _thread
while _thread._count() > 1: time.sleep(0.01)
other.end()
attribute(x, t.write)
"""
    assert run(core, program).conflicts == {("write", "write", "attribute")}


def test_a_thread_gets_the_number_of_one_whose_end_is_known(core):
    program = """
t = touches(early=("attribute", UPDATE, "n"), late=("attribute", UPDATE, "n"),
            behind=("attribute", UPDATE, "n"), there=("attribute", UPDATE, "m"))
shared, others = Thing(), Workers(1)
def one(name, *touches):
    def run():
        for touch in touches:
            attribute(shared, touch)
    thread = threading.Thread(target=run, name=name)
    thread.start()
    thread.join()
one("the first", t.early)
for number in range(3):
    one(f"no {number}")
others.do(0, attribute, shared, t.behind)
others.do(0, attribute, shared, t.there)
one("the last", t.late, t.there)
others.end()
"""
    found = run(core, program)
    told = {
        (found.labels[touch], name) for one in found.of("conflict") for touch, name, *_ in one[:2]
    }
    assert told >= {("early", "the first"), ("late", "the last"), ("there", "the last")}
    assert found.conflicts == {
        ("behind", "early", "attribute"),
        ("behind", "late", "attribute"),
        ("there", "there", "attribute"),
    }


def test_threads_that_have_ended_take_no_room(core):
    pytest.importorskip("resource")
    program = """
import resource
lock = threading.Lock()
def work():
    with lock:
        pass
for number in range(2000):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if number in {500, 1999}:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    before, after = map(int, run(core, program).printed)
    unit = 1 if sys.platform == "darwin" else 1024
    assert (after - before) * unit < 30 * 2**20


def test_locks_without_end_leave_room_for_what_is_found(core):
    rounds = 70_000 if core == "native" else 2_000
    program = f"""
t = touches(outer=("here",), inner=("here",), a=("attribute", UPDATE, "n"))
outer, shared = threading.Lock(), Thing()
def work():
    for _ in range({rounds}):
        with here(outer, t.outer), here(threading.Lock(), t.inner): pass
together(work)
together(lambda: attribute(shared, t.a), lambda: attribute(shared, t.a))
"""
    assert run(core, program).conflicts == {("a", "a", "attribute")}
