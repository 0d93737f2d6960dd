"""Threads of the system under control: as on greenlets, and with code that needs them."""

import select
import subprocess
import sys
import textwrap
import threading

import pytest

from races import under_control
from races.test_schedule import IN_ORDER, PROGRAMS, RACY, race
from ungil.races.schedule import CARRIERS, STRATEGIES, explore, replay
from ungil.races.schedule.world import World

OUTSIDE = """
import asyncio, ctypes, os, select, socket, sqlite3, subprocess, sys, tempfile, threading, time
from concurrent.futures import ThreadPoolExecutor

class Box:
    n = 0

def run(*functions):
    threads = [threading.Thread(target=one) for one in functions]
    for one in threads: one.start()
    for one in threads: one.join()

# These wait for each other where no lock is.

def sockets():
    a, b = socket.socketpair()
    with a, b:
        echo = threading.Thread(target=lambda: a.sendall(a.recv(1)))
        echo.start()
        b.sendall(b"x")
        assert b.recv(1) == b"x"
        echo.join()

def piped(read):
    r, w = os.pipe()
    try: run(lambda: read(r), lambda: os.write(w, b"x"))
    finally:
        os.close(r)
        os.close(w)

def pipes():
    seen = []
    piped(lambda r: seen.append(os.read(r, 1)))
    assert seen == [b"x"]

def selects():
    seen = []
    piped(lambda r: seen.append(select.select([r], [], [], 60)[0] == [r]))
    assert seen == [True]

def in_c():
    byte = ctypes.create_string_buffer(1)
    piped(lambda r: ctypes.CDLL(None).read(r, byte, 1))
    assert byte.raw == b"x"

def coroutine_threadsafe():
    loop = asyncio.new_event_loop()
    def serve():
        loop.run_forever()
        loop.close()
    server = threading.Thread(target=serve)
    server.start()
    async def answer():
        await asyncio.sleep(0)
        return 42
    assert asyncio.run_coroutine_threadsafe(answer(), loop).result() == 42
    loop.call_soon_threadsafe(loop.stop)
    server.join()

def soon_threadsafe():
    async def main():
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        thread = threading.Thread(target=loop.call_soon_threadsafe, args=(done.set,))
        thread.start()
        await done.wait()
        thread.join()
    asyncio.run(main())

def to_thread():
    async def main():
        return await asyncio.gather(*[asyncio.to_thread(len, "ab") for _ in range(2)])
    assert asyncio.run(main()) == [2, 2]

def two_loops():
    async def main():
        with ThreadPoolExecutor(1) as pool:
            return await asyncio.get_running_loop().run_in_executor(pool, len, "ab")
    seen = []
    run(*[lambda: seen.append(asyncio.run(main()))] * 2)
    assert seen == [2, 2]

def database():
    with tempfile.TemporaryDirectory() as folder:
        def connect(): return sqlite3.connect(os.path.join(folder, "data"), timeout=60)
        first = connect()
        first.execute("create table t(n)")
        Box.n = 0
        def add():
            own = connect()
            own.isolation_level = None
            own.execute("begin immediate")
            Box.n += 1
            own.execute("insert into t values (1)")
            Box.n += 1
            own.execute("commit")
            own.close()
        run(add, add)
        assert first.execute("select count(*) from t").fetchone() == (2,)
        first.close()

def processes():
    seen = []
    def one():
        command = [sys.executable, "-S", "-c", "print(1)"]
        seen.append(subprocess.run(command, capture_output=True, timeout=600).stdout.split())
    run(one, one)
    assert seen == [[b"1"]] * 2

# In these nobody waits so, or only for time to pass.

def waits_beside_one_that_ends():
    box = Box()
    thread = threading.Thread(target=lambda: setattr(box, "n", 1))
    thread.start()
    box.n
    select.select([], [], [], 0.5)
    thread.join()

def bound_to_a_thread():
    connection, seen = sqlite3.connect(":memory:"), []
    def use():
        try: connection.execute("select 1")
        except sqlite3.ProgrammingError as error: seen.append(str(error)[:14])
    run(use)
    connection.close()
    assert seen == ["SQLite objects"]

def forks():
    lock = threading.RLock()
    def one():
        with lock:
            process = os.fork()
            if not process:
                seen = []
                with lock:
                    child = threading.Thread(target=lambda: seen.append(5))
                    child.start()
                    child.join()
                os._exit(seen[0])
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 5
    run(one, one)

def falls_out_of_a_fork():
    def one():
        process = os.fork()
        if process:
            assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    run(one)

def exits():
    run(sys.exit)

def own_idents():
    seen, both = [], threading.Barrier(2)
    def one():
        both.wait()
        assert threading.get_ident() == threading.current_thread().ident
        seen.append(threading.get_ident())
        both.wait()
    run(one, one)
    assert len(set(seen)) == 2

KEPT = []

# These fail.

def lost_update_behind_a_pipe():
    r, w = os.pipe()
    Box.n = 0
    def add(): Box.n += 1
    def reads():
        os.read(r, 1)
        add()
    def writes():
        os.write(w, b"x")
        add()
    try: run(reads, writes)
    finally:
        os.close(r)
        os.close(w)
    assert Box.n == 2

def main_waits_for_who_failed():
    r, w = os.pipe()
    def fails(): raise LookupError("gone")
    threading.Thread(target=fails).start()
    try: os.read(r, 1)
    finally:
        os.close(r)
        os.close(w)

def stays():
    a, b = KEPT[:] = socket.socketpair()
    threading.Thread(target=lambda: a.recv(1), daemon=True).start()
    assert not threading.Event().wait(0.1)

# And these come to no end.

def spins():
    def one():
        while True: pass
    run(one)

def never_written():
    r, w = os.pipe()
    run(lambda: os.read(r, 1))
"""

WAIT = (
    *("sockets", "pipes", "selects", "in_c", "coroutine_threadsafe", "soon_threadsafe"),
    *("to_thread", "two_loops", "database", "processes"),
)
NO_WAIT = ("bound_to_a_thread", "forks", "falls_out_of_a_fork", "exits", "own_idents")

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@pytest.fixture(scope="module")
def controlled(tmp_path_factory):
    """The programs, and what controls them, on threads of the system."""
    folder = tmp_path_factory.mktemp("carried")
    sources = {"carried_programs": PROGRAMS, "outside_programs": OUTSIDE}
    with under_control.controlled(folder, **sources) as (control, [carried, outside]):
        for name, one in vars(outside).items():
            vars(carried).setdefault(name, one)
        yield control, carried


def _lines(failure):
    return [step.lines for step in failure.steps]


@pytest.fixture
def threads(controlled):
    control, _ = controlled
    control.carrier = "threads"
    before = set(threading.enumerate())
    yield controlled
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", RACY)
def test_what_is_racy_fails_and_replays_on_both(threads, name, strategy):
    control, programs = threads
    test = getattr(programs, name)
    found = explore(control, test, strategy=strategy, schedules=500)
    assert found.failure is not None
    assert found.failure.text.startswith(RACY[name])
    assert (found.carrier, found.left) == ("threads", ())
    for control.carrier in (*CARRIERS, "threads"):
        failure, diverged = replay(control, test, found.failure.choices)
        assert not diverged
        assert (failure.kind, failure.text) == (found.failure.kind, found.failure.text)
        assert _lines(failure) == _lines(found.failure)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", IN_ORDER)
def test_what_is_in_order_passes(threads, name, strategy):
    control, programs = threads
    schedules = 5000 if strategy == "dpor" else 30
    found = explore(control, getattr(programs, name), strategy=strategy, schedules=schedules)
    assert found.failure is None
    assert found.complete == (strategy == "dpor" and not found.outside)


def test_both_carriers_go_the_same_ways(threads):
    control, programs = threads
    for name in ("conditions", "pool", "barrier"):
        ways = []
        for control.carrier in CARRIERS:
            found = explore(control, getattr(programs, name), strategy="dpor", schedules=5000)
            choices = found.failure and found.failure.choices
            ways.append((found.executions, found.choices, choices))
        assert ways[0] == ways[1]


def test_a_hundred_threads(threads):
    control, programs = threads
    found = explore(control, programs.many, strategy="random", schedules=2)
    assert (found.failure, found.executions, found.threads) == (None, 2, 101)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", WAIT)
def test_who_waits_outside_is_let_through(threads, name, strategy):
    control, programs = threads
    found = explore(control, getattr(programs, name), strategy=strategy, schedules=4)
    assert found.failure is None
    assert not (found.complete and found.outside)


@pytest.mark.parametrize("name", ["sockets", "pipes", "selects", "in_c", "coroutine_threadsafe"])
def test_waiting_outside_is_noticed(threads, name):
    control, programs = threads
    found = explore(control, getattr(programs, name), strategy="dpor", schedules=4)
    assert found.outside
    assert not found.complete


@pytest.mark.parametrize("name", NO_WAIT)
def test_what_needs_threads_or_processes_passes(threads, name):
    control, programs = threads
    found = explore(control, getattr(programs, name), strategy="random", schedules=3)
    assert found.failure is None


@pytest.mark.parametrize("name", ["forks", "falls_out_of_a_fork"])
def test_forks_pass_on_greenlets_too(controlled, name, capfd):
    control, programs = controlled
    control.carrier = "greenlets"
    found = explore(control, getattr(programs, name), strategy="random", schedules=3)
    assert found.failure is None
    assert capfd.readouterr().err == ""


def test_a_race_behind_a_wait_is_found(threads):
    control, programs = threads
    test = programs.lost_update_behind_a_pipe
    found = explore(control, test, strategy="random")
    assert found.failure.text.startswith("AssertionError")
    assert found.outside
    for _ in range(10):  # who was woken is there at the same choice each time
        failure, diverged = replay(control, test, found.failure.choices)
        assert (failure.text, diverged) == (found.failure.text, "")


def test_main_is_called_back_from_where_it_waits(threads):
    control, programs = threads
    found = explore(control, programs.main_waits_for_who_failed)
    assert found.failure.text == "LookupError: gone"
    assert found.left == ()


def test_who_comes_back_while_it_is_found_that_nobody_goes_on_can_go_on(threads, monkeypatch):
    control, programs = threads
    stuck, came_back = World._stuck, []

    def later(world, away):
        if world.running is not None and not world.running.alive:  # it has just ended
            for _ in range(500):
                if any(one.away for one in world.alive):
                    select.select([], [], [], 0.01)
            came_back.append(away)
        stuck(world, away)

    monkeypatch.setattr(World, "_stuck", later)
    test = programs.waits_beside_one_that_ends
    for _ in range(5):  # on a busy machine the other may be back before this one ends
        found = explore(control, test, strategy="random", schedules=6)
        assert found.failure is None
        if True in came_back:
            break
    assert True in came_back


# By the door.


@pytest.fixture
def app(tmp_path):
    (tmp_path / "app.py").write_text(textwrap.dedent(OUTSIDE))
    return tmp_path


def test_threads_are_taken_where_somebody_waits_outside(app):
    done = race(app, "explore", "--strategy", "dpor", "--schedules", "5", "app:sockets")
    assert done.returncode == 0, done.stderr
    assert "On threads of the system: it waits for something else" in done.stdout
    assert "when threads came back" in done.stdout
    assert "Proved" not in done.stdout


def test_threads_are_taken_where_c_code_asks_for_them(app):
    done = race(app, "explore", "--schedules", "5", "app:bound_to_a_thread")
    assert done.returncode == 0, done.stderr
    assert "On threads of the system: on greenlets" in done.stdout
    done = race(app, "explore", "--carrier", "greenlets", "app:bound_to_a_thread")
    assert done.returncode == 1


def test_the_carrier_is_recorded(app):
    done = race(app, "explore", "app:lost_update_behind_a_pipe")
    assert done.returncode == 1, done.stderr
    file = ".ungil/app.lost_update_behind_a_pipe.schedule.json"
    again = race(app, "replay", file)
    assert (again.returncode, again.stderr) == (1, "")


def test_who_is_left_is_told(app):
    done = race(app, "explore", "--schedules", "2", "app:stays")
    assert done.returncode == 0, done.stderr
    assert "Left behind, since they wait in C code and nobody wakes them: Thread-1" in done.stdout


@pytest.mark.parametrize("name", ["spins", "never_written"])
def test_no_end_is_told(app, name):
    done = race(app, "explore", "--patience", "2", f"app:{name}")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "hangs" in done.stderr
    assert "app.py:" in done.stderr


def test_nothing_is_left_behind(tmp_path):
    program = f"""
    import os, threading, ungil.races
    exec({OUTSIDE!r})
    found = ungil.races.explore(sockets, schedules=3)
    print(found.carrier, found.outside, found.failure, threading.enumerate())
    folder = "/proc/self/task"
    until = time.monotonic() + 60  # a thread has to be taken away by the system
    while os.path.isdir(folder) and len(os.listdir(folder)) > 1 and time.monotonic() < until:
        time.sleep(0.01)
    print(len(os.listdir(folder)) if os.path.isdir(folder) else 1)
    """
    (tmp_path / "within.py").write_text(textwrap.dedent(program))
    done = subprocess.run(
        [sys.executable, "within.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    first, second = done.stdout.splitlines()
    assert first.startswith("threads True None [<_MainThread")
    assert (first.count("<"), second) == (1, "1")
