"""Plain threads that are released together: what fails, what hangs, what is replayed then."""

import os
import subprocess
import sys
import threading

import pytest

from ungil.races.schedule import Stress

APP = """
import os, queue, sys, threading, time
from concurrent.futures import ThreadPoolExecutor

def run(*functions):
    threads = [threading.Thread(target=one) for one in functions]
    for one in threads: one.start()
    for one in threads: one.join()

class Counter:
    def __init__(self):
        self.n = 0

    def add(self):
        n = self.n
        time.sleep(0.01)
        self.n = n + 1

def test_adds():
    counter = Counter()
    run(counter.add, counter.add)
    assert counter.n == 2, f"{counter.n} of 2"

def test_adds_in_a_pool():
    counter = Counter()
    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(counter.add) for _ in range(2)]:
            one.result()
    assert counter.n == 2, f"{counter.n} of 2"

def test_raises():
    counter = Counter()
    def adds():
        counter.add()
        if counter.n == 1:
            raise LookupError("nobody else")
    run(adds, adds)

def test_deadlock():
    left, right = threading.Lock(), threading.Lock()
    def one():
        with left:
            time.sleep(0.01)
            with right: pass
    def other():
        with right:
            time.sleep(0.01)
            with left: pass
    print("process", os.getpid(), flush=True)
    run(one, other)

def test_meet():
    barrier = threading.Barrier(3)
    run(*[lambda: barrier.wait()] * 3)

def test_waits_in_c():
    answers = queue.SimpleQueue()
    def answer():
        answers.put(1)
    threading.Thread(target=answer).start()
    assert answers.get() == 1

POOL = ThreadPoolExecutor(1)

def test_leaves():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    assert POOL.submit(int).result() == 0
    run(sys.exit)

def test_only_in_plain_threads():
    run(int)
    assert sys.getswitchinterval() > 1e-5

def test_crashes():
    os._exit(7)
"""


def race(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "ungil", "race", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


def stress(folder, test, *arguments):
    return race(folder, "explore", "--strategy", "stress", *arguments, f"app:{test}")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stressed")
    (folder / "app.py").write_text(APP)
    return folder


@pytest.mark.parametrize(
    ("test", "text"),
    [
        ("test_adds", "AssertionError: 1 of 2"),
        ("test_adds_in_a_pool", "AssertionError: 1 of 2"),
        ("test_raises", "LookupError: nobody else"),
    ],
)
def test_what_fails_is_replayed(app, test, text):
    done = stress(app, test)
    assert done.returncode == 1, done.stderr
    assert "It failed in trial " in done.stdout
    assert "schedule-fails UG420" in done.stdout
    assert done.stdout.count(text) >= 2
    again = race(app, "replay", f".ungil/app.{test}.schedule.json")
    assert (again.returncode, again.stderr) == (1, "")
    assert f"failed: {text}" in again.stdout


def test_who_waits_in_a_deadlock_is_told_and_nobody_is_left(app):
    done = stress(app, "test_deadlock", "--patience", "5", "--seconds", "30")
    assert done.returncode == 1, done.stderr
    lines = APP.splitlines()
    for thread, text in (
        ("Thread-1 (one)", "with right: pass"),
        ("Thread-2 (other)", "with left: pass"),
    ):
        (number,) = (at for at, line in enumerate(lines, 1) if line.strip() == text)
        assert f"{thread} at app.py:{number} " in done.stdout
    assert "MainThread at app.py:" in done.stdout
    assert "does not go on in schedule" in done.stdout
    number = next(line.split()[1] for line in done.stderr.splitlines() if "process" in line)
    with pytest.raises(ProcessLookupError):
        os.kill(int(number), 0)


@pytest.mark.parametrize("test", ["test_meet", "test_waits_in_c", "test_leaves"])
def test_what_is_in_order_passes(app, test):
    done = stress(app, test, "--schedules", "20", "--patience", "60")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No failure in 20 trials in " in done.stdout
    assert "others may fail" in done.stdout


def test_that_no_schedule_shows_it_is_told(app):
    done = stress(app, "test_only_in_plain_threads", "--seconds", "1")
    assert done.returncode == 1, done.stderr
    assert "stress-fails UG421" in done.stdout
    assert "It failed in trial 1 of stress" in done.stdout
    assert "No schedule of ours shows it." in done.stdout
    assert not (app / ".ungil" / "app.test_only_in_plain_threads.schedule.json").exists()


def test_a_crash_is_told(app):
    done = stress(app, "test_crashes")
    assert done.returncode == 3
    assert "ended with 7" in done.stderr
    assert done.stderr.count("\n") == 1


def test_who_is_started_in_a_row_waits_for_the_last():
    held = []

    def test():
        begun = []
        threads = [threading.Thread(target=begun.append, args=(one,)) for one in range(20)]
        for one in threads:
            one.start()
        held.append(not begun)  # unless the machine paused for a moment in this trial
        for one in threads:
            one.join()
        assert sorted(begun) == [*range(20)]
        assert threads[-1].name == "Thread-20 (append)"

    assert Stress(test).run(50, 60).failure is None
    assert any(held)


def test_the_process_is_as_it_was():
    def settings():
        thread, condition = threading.Thread, threading.Condition
        return (
            *(sys.getswitchinterval(), threading.excepthook, threading._counter),
            *(thread.start, thread.join, condition.wait),
        )

    before, seen = settings(), []

    def test():
        seen.append(settings())
        raise LookupError

    found = Stress(test).run(5, 10)
    assert (found.failure.text, found.executions) == ("LookupError", 1)
    assert seen[0][0] < before[0]
    assert not set(seen[0]) & set(before)
    assert settings() == before
