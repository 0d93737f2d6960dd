"""Exploring in pieces: nothing is lost and nothing done twice, whoever carries them out."""

import json
import subprocess
import sys
import textwrap
from concurrent.futures import Future
from dataclasses import asdict, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from races import under_control
from ungil.races.schedule import explore, spread
from ungil.races.schedule.pieces.carrying import explored
from ungil.races.schedule.pieces.piece import Piece

PROGRAMS = """
import threading

class Box:
    def __init__(self):
        self.a = self.b = self.c = 0
        self.lock = threading.Lock()

def run(*functions):
    threads = [threading.Thread(target=one) for one in functions]
    for one in threads: one.start()
    for one in threads: one.join()

def locked():
    box = Box()
    def add():
        with box.lock: box.a += 1
    run(add, add, add)

def interpreted(program, result):
    box = Box()
    def work(number, steps, seen):
        for what, name in steps:
            if what == "r":
                if name == "a": seen.append(box.a)
                else: seen.append(box.b)
            elif what == "w":
                if name == "a": box.a = number
                else: box.b = number
            elif what == "l":
                with box.lock: seen.append("locked")
            elif box.a != box.b:  # where it is first known that somebody comes to it
                seen.append(box.c)
                box.c = number
    seen = [[] for _ in program]
    run(*[lambda i=i, one=one: work(i + 1, one, seen[i]) for i, one in enumerate(program)])
    result.append(str((seen, box.a, box.b, box.c)))
"""


@pytest.fixture(scope="module")
def controlled(tmp_path_factory):
    """The programs, and what controls them."""
    folder = tmp_path_factory.mktemp("spread")
    with under_control.controlled(folder, spread_programs=PROGRAMS) as (control, [programs]):
        yield control, programs


def in_pieces(control, test, at_once, most):
    """As several would do it that all begin before any of them is heard."""
    found = []

    def begin(piece):
        less = replace(piece, schedules=min(piece.schedules, most))
        there = Piece(**json.loads(json.dumps(asdict(less))))
        found.append(explored(control, test, there))
        future = Future()
        future.set_result(json.loads(json.dumps(found[-1])))
        return future

    whole = spread(
        begin, at_once, strategy="dpor", schedules=100_000, seconds=600, seed=0, limit=600
    )
    return whole, found


STEPS = st.tuples(st.sampled_from("rw"), st.sampled_from("ab")) | st.sampled_from(
    [("l", ""), ("c", "")]
)
LATE = [[("w", "a"), ("w", "b"), ("c", "")], [("w", "b"), ("w", "a"), ("c", "")]]


@given(
    st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=2, max_size=4),
    st.integers(1, 5),
    st.integers(1, 8),
)
@example(LATE, 2, 1)
@settings(max_examples=30, deadline=None)
def test_pieces_are_the_whole(controlled, program, at_once, most):
    if program is not LATE and sum(map(len, program)) > 5:
        program = [one[:1] for one in program]
    control, programs = controlled
    results = []

    def test():
        programs.interpreted(program, results)

    alone = explore(control, test, strategy="dpor", schedules=100_000, known=())
    expected = set(results)
    results.clear()
    whole, _ = in_pieces(control, test, at_once, most)
    assert alone.complete
    assert whole["complete"]
    assert set(results) == expected


def test_what_is_learnt_late_begins_anew(controlled):
    control, programs = controlled
    _, found = in_pieces(control, lambda: programs.interpreted(LATE, []), 2, 1)
    assert any(one["outdated"] for one in found)


@pytest.mark.parametrize("at_once", [1, 2, 3, 8])
@pytest.mark.parametrize("most", [1, 2, 100])
def test_nothing_is_done_twice(controlled, at_once, most):
    control, programs = controlled
    whole, found = in_pieces(control, programs.locked, at_once, most)
    assert (whole["executions"], whole["complete"]) == (6, True)
    assert most > 1 or len(found) > 6


# By the door.

APP = """
import os, signal, threading, time
from pathlib import Path

def run(*functions):
    threads = [threading.Thread(target=one) for one in functions]
    for one in threads: one.start()
    for one in threads: one.join()

class Box:
    n = 0

def test_seldom():
    box, lock, seen = Box(), threading.Lock(), []
    def counts():
        for number in range(8):
            with lock: box.n = number
    def looks():
        for _ in range(4):
            with lock: seen.append(box.n)
    run(counts, looks)
    assert seen != [1, 2, 4, 6], "it was the one"

def test_in_order():
    box, lock = Box(), threading.Lock()
    def add():
        with lock: box.n += 1
    run(add, add, add)
    assert box.n == 3

def once(kill):
    try:
        Path("died").touch(exist_ok=False)
    except FileExistsError:
        return
    kill()

def test_dies_once():
    if Path("lives").exists():
        once(lambda: os.kill(os.getpid(), signal.SIGKILL))
    Path("lives").touch()
    test_in_order()

def test_worker_dies_once():
    if Path("lives").exists():
        once(lambda: os.kill(os.getppid(), signal.SIGKILL))
    Path("lives").touch()
    test_seldom()

def test_dies():
    os._exit(7)

def test_goes_on():
    print("it goes on")
    test_in_order()
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "app.py").write_text(textwrap.dedent(APP))
    return tmp_path


def command(*arguments):
    return [sys.executable, "-m", "ungil", "race", "explore", *arguments]


def race_explore(folder, *arguments, env=None):
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def seldom(folder, *arguments):
    """What is told of a failure that takes some pieces to be found."""
    done = race_explore(
        folder, "--strategy", "random", "--seed", "1", "--format", "json", *arguments
    )
    assert done.returncode == 1, done.stderr
    whole = json.loads(done.stdout)
    del whole["created"]
    return whole


def test_who_is_quicker_does_not_matter(app):
    alone = seldom(app, "app:test_seldom")
    schedule = (app / ".ungil/app.test_seldom.schedule.json").read_bytes()
    assert "schedule 195: AssertionError: it was the one" in alone["findings"][0]["message"]
    for jobs in ("2", "5"):
        assert seldom(app, "--jobs", jobs, "app:test_seldom") == alone
        assert (app / ".ungil/app.test_seldom.schedule.json").read_bytes() == schedule


PROVED = "for these inputs: 6 schedules, and no"


def test_a_proof_of_two(app):
    done = race_explore(app, "--strategy", "dpor", "--jobs", "2", "app:test_in_order")
    assert PROVED in " ".join(done.stdout.split()), done.stderr


def test_what_dies_loses_nothing(app):
    done = race_explore(app, "--strategy", "dpor", "--jobs", "2", "app:test_dies_once")
    assert PROVED in " ".join(done.stdout.split()), done.stderr
    assert (app / "died").exists()


def test_what_always_dies_is_told(app):
    done = race_explore(app, "--jobs", "2", "app:test_dies")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert "ended with 7 and said nothing, 3 times out of 3" in done.stderr


def test_nobody_stays_when_it_is_killed(app):
    process = subprocess.Popen(
        command("--jobs", "2", "--schedules", "100000000", "--seconds", "600", "app:test_goes_on"),
        cwd=app,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stderr.readline() == b"it goes on\n"
    process.kill()
    # Until all have ended that have it open.
    process.communicate(timeout=120)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--jobs", "0"), "no whole number"),
        (("--on", "ray://here:1"), "is no dask://HOST:PORT"),
        (("--on", "dask://here"), "is no dask://HOST:PORT"),
    ],
)
def test_wrong_use_is_one_line(app, arguments, said):
    done = race_explore(app, *arguments, "app:test_in_order")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr


def test_without_dask(app):
    (app / "distributed.py").write_text("raise ImportError")
    done = race_explore(app, "--on", "dask://localhost:1", "app:test_in_order")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "pip install 'ungil[dask]'" in done.stderr


# On a cluster.

CLUSTER = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(
        processes=True, n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of the scheduler of two workers."""
    pytest.importorskip("distributed", reason="Dask is not installed: ungil[dask]")
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "cluster.py").write_text(CLUSTER)
    with subprocess.Popen(
        [sys.executable, "cluster.py"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield process.stdout.readline().strip().replace("tcp://", "dask://")
        process.communicate()


def test_a_proof_of_a_cluster(app, cluster):
    done = race_explore(app, "--strategy", "dpor", "--on", cluster, "app:test_in_order")
    assert (done.returncode, done.stderr) == (0, "")
    assert PROVED in " ".join(done.stdout.split())


def test_a_worker_that_is_killed_loses_nothing(app, cluster):
    there = seldom(app, "--on", cluster, "app:test_worker_dies_once")
    assert (app / "died").exists()
    here = seldom(app, "--jobs", "2", "app:test_worker_dies_once")
    assert there == here


def test_what_workers_do_not_have_is_told(app, cluster):
    done = race_explore(app, "--on", cluster, "app:nothing")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "has no attribute 'nothing'" in done.stderr


def test_no_scheduler(app):
    pytest.importorskip("distributed", reason="Dask is not installed: ungil[dask]")
    done = race_explore(app, "--on", "dask://localhost:1", "app:test_in_order")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no Dask scheduler answers" in done.stderr
