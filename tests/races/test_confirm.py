"""What `ungil race` finds is run again until a schedule shows it, and that schedule replays."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

pytest.importorskip("ungil.races._native._core", reason="exploring needs the native core")
fcntl = pytest.importorskip("fcntl", reason="confirming needs processes that can be copied")
if not hasattr(os, "fork"):
    pytest.skip("confirming needs processes that can be copied", allow_module_level=True)

COUNTER = """
    import threading

    class Counter:
        def __init__(self): self.n = 0

        def add(self):
            self.n += 1

    counter = Counter()
    threads = [threading.Thread(target=counter.add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""

ASSERTS = COUNTER + "    assert counter.n == 2, f'{counter.n} of 2'\n"

CANNOT_BE_COPIED = (
    COUNTER
    + """
    class LostError(Exception):
        def __init__(self, code, message): super().__init__(message)

    if counter.n != 2: raise LostError(1, "an update is lost")
"""
)

# What orders the two is nothing that the watch knows of.
IN_ORDER = """
    import io, threading, time

    class Counter:
        n = 0

    done = io.BytesIO()

    def first():
        Counter.n += 1
        done.write(b"done")

    def second():
        while not done.getvalue(): time.sleep(0.001)
        Counter.n += 1

    threads = [threading.Thread(target=one) for one in (first, second)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""

HANGS_THE_SECOND_TIME = """
    import pathlib, threading

    been = pathlib.Path("been")

    class Counter:
        n = 0

    def add():
        while been.exists(): pass
        Counter.n += 1

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    been.touch()
"""

ENDS_ITS_PROCESS = """
    import os, pathlib, threading

    been = pathlib.Path("been")

    class Counter:
        n = 0

    def add():
        Counter.n += 1

    if been.exists(): os._exit(7)
    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    been.touch()
"""

BANK = """
    class Account:
        def __init__(self, balance):
            self.balance = balance

        def withdraw(self, amount):
            if self.balance >= amount:
                self.balance -= amount
                return True
            return False
"""

WITHDRAWS = """
    import sys, threading

    sys.path.append("site-packages")
    from bank import Account

    account = Account(100)
    threads = [threading.Thread(target=account.withdraw, args=(60,)) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""

# The loop waits for a file, which on greenlets nobody writes.
WAITS_IN_A_LOOP = """
    import asyncio, threading

    class Index:
        def __init__(self):
            self.opened = threading.Event()
            self.entries = 0

        def scan(self):
            self.opened.wait()
            self.entries += 10

    async def build(index):
        scanning = asyncio.get_running_loop().run_in_executor(None, index.scan)
        index.opened.set()
        index.entries += 1
        await scanning

    asyncio.run(build(Index()))
"""

# An item is nothing that both use; that the list gets shorter matters.
FIRST_OF_MANY = """
    import threading

    class Answers:
        def __init__(self):
            self.all = [[] for _ in range(4)]

        def take(self):
            if len(self.all) > 1:
                if self.all[1].count(1) > 0: return
                self.all.pop(0)

    answers = Answers()
    threads = [threading.Thread(target=answers.take) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""

# Each run takes away the folder that was made before the first thread.
TAKES_AWAY = """
    import pathlib, tempfile, threading

    class Counter:
        n = 0

    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "by")
        file.write_text("1")

        def add():
            by = int(file.read_text())
            Counter.n += by

        threads = [threading.Thread(target=add) for _ in range(2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
"""

# The timer waits with a lock that it tries.
CIRCLE = """
    import threading

    left, right = threading.Lock(), threading.Lock()

    def one():
        with left, right: pass

    def other():
        with right, left: pass

    threads = [threading.Thread(target=one), threading.Timer(0.01, other)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""

# What comes after the race is longer than an execution may be.
FILLS_FOR_LONG = """
    import threading

    class Words:
        made = None

        def __init__(self): self.known = {}

        def fill(self):
            for number in range(30_000): self.known[number] = number

    def look():
        if Words.made is None:
            Words.made = Words()
            Words.made.fill()
        Words.made.known.get(29_999)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""

TEST_BANK = """
    import threading

    import pytest
    from bank import Account

    @pytest.fixture
    def account():
        return Account(100)

    def test_alone(account):
        assert account.withdraw(60)

    @pytest.mark.parametrize("amount", [20, 60])
    def test_together(account, amount):
        threads = [threading.Thread(target=account.withdraw, args=(amount,)) for _ in range(2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert account.balance >= 0
"""

# The second test hangs when it is run again. Whoever has a part in a run holds the lock.
HANGS_AFTER_ANOTHER = """
    import fcntl, pathlib, threading

    been, hanging = pathlib.Path("been"), pathlib.Path("hanging")
    held = open("lock", "w")
    fcntl.flock(held, fcntl.LOCK_EX)

    class Counter:
        early = late = 0

    def add():
        Counter.early += 1

    def add_later():
        while been.exists(): hanging.touch()
        Counter.late += 1

    def in_threads(function):
        threads = [threading.Thread(target=function) for _ in range(2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()

    def test_adds():
        in_threads(add)

    def test_adds_later():
        in_threads(add_later)
        been.touch()
"""


class Project:
    def __init__(self, folder):
        self.folder = folder

    def write(self, name, text):
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip())

    def run(self, *command):
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env={**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    def race(self, *arguments):
        done = self.run("ungil", "race", *arguments)
        assert "Traceback" not in done.stderr.replace("AssertionError", "")
        return done

    def findings(self, *arguments, seconds=150):
        self.race(
            "--confirm", str(seconds), "--format", "json", "--output", "report.json", *arguments
        )
        report = json.loads((self.folder / "report.json").read_text())
        return [one for one in report["findings"] if one["code"] != "UG411"]

    def schedules(self):
        return [str(one.relative_to(self.folder)) for one in self.folder.glob(".ungil/*")]


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_a_value_that_is_lost(project):
    project.write("app.py", COUNTER)
    (finding,) = project.findings("app.py")
    assert finding["confirmed"] is True
    assert "Confirmed in schedule" in finding["message"]
    # One reads, the other reads and writes, and the first writes back: nothing else.
    told = [(one["thread"], one["text"]) for one in finding["turns"] if one["thread"][:1] == "T"]
    first, *others, last = told
    assert first[0] == last[0]
    assert {thread for thread, _ in others} == {thread for thread, _ in told} - {first[0]}
    assert [text for _, text in told] == [
        f"self.n  ({half})" for half in ("reads", "reads", "writes", "writes")
    ]
    (file,) = project.schedules()
    for _ in range(3):
        again = project.race("replay", file)
        assert (again.returncode, again.stderr) == (1, "")
        assert "harm: " in again.stdout


def test_what_fails_visibly_is_preferred(project):
    project.write("app.py", ASSERTS)
    (finding,) = [one for one in project.findings("app.py") if one["code"] == "UG401"]
    assert "AssertionError: 1 of 2" in finding["message"]
    (file,) = [one for one in project.schedules() if "UG401" in one]
    assert "failed: AssertionError: 1 of 2" in project.race("replay", file).stdout


def test_an_exception_that_cannot_be_copied(project):
    project.write("app.py", CANNOT_BE_COPIED)
    (finding,) = [one for one in project.findings("app.py") if one["code"] == "UG401"]
    assert "LostError: an update is lost" in finding["message"]
    (file,) = [one for one in project.schedules() if "UG401" in one]
    again = project.race("replay", file)
    assert again.returncode == 1
    assert "failed: LostError: an update is lost" in again.stdout


def test_what_was_watched_is_watched_again(project):
    # Installed, so watched only if that is wanted.
    project.write("site-packages/bank.py", BANK)
    project.write("app.py", WITHDRAWS)
    included = [
        one for one in project.findings("--include", "bank", "app.py") if one["code"] == "UG402"
    ]
    assert [one["confirmed"] for one in included] == [True]
    (file,) = [one for one in project.schedules() if "UG402" in one]
    assert json.loads((project.folder / file).read_text())["watched"]["include"] == ["bank"]
    again = project.race("replay", file)
    assert (again.returncode, again.stderr) == (1, "")


def test_what_runs_on_threads_of_the_system_is_run_again(project):
    project.write("app.py", WAITS_IN_A_LOOP)
    (finding,) = project.findings("app.py")
    assert (finding["code"], finding["confirmed"]) == ("UG401", True)
    (file,) = project.schedules()
    assert json.loads((project.folder / file).read_text())["carrier"] == "threads"
    for _ in range(3):
        assert project.race("replay", file).returncode == 1


def test_which_item_it_is_hangs_on_those_before_it(project):
    project.write("app.py", FIRST_OF_MANY)
    (finding,) = [one for one in project.findings("app.py") if one["code"] == "UG402"]
    assert finding["confirmed"] is True
    assert "in `self.all[1]` at app.py:9" in finding["message"]


def test_runs_that_take_something_away_from_each_other(project):
    project.write("app.py", TAKES_AWAY)
    (finding,) = project.findings("app.py")
    assert (finding["code"], finding["confirmed"]) == ("UG401", True)
    (file,) = project.schedules()
    assert project.race("replay", file).returncode == 1


def test_what_goes_on_for_long_is_looked_at_where_the_race_is(project):
    project.write("app.py", FILLS_FOR_LONG)
    (finding,) = [one for one in project.findings("app.py") if one["code"] == "UG403"]
    assert finding["confirmed"] is True
    (file,) = [one for one in project.schedules() if "UG403" in one]
    recorded = json.loads((project.folder / file).read_text())
    assert recorded["fixed"] is True
    assert not [text for *_, text in recorded["shared"] if "number" in text]
    assert project.race("replay", file).returncode == 1


def test_locks_that_are_taken_in_a_circle(project):
    project.write("app.py", CIRCLE)
    (finding,) = project.findings("app.py")
    assert (finding["code"], finding["confirmed"]) == ("UG409", True)
    (file,) = project.schedules()
    assert "deadlock: " in project.race("replay", file).stdout


def test_what_does_not_come_true_is_said(project):
    project.write("app.py", IN_ORDER)
    (finding,) = project.findings("app.py")
    assert (finding["code"], finding["confirmed"]) == ("UG401", False)
    assert "Not confirmed after" in finding["message"]
    assert project.schedules() == []


def test_it_can_be_left_out(project):
    project.write("app.py", COUNTER)
    (finding,) = project.findings("--confirm", "0", "app.py")
    assert finding["confirmed"] is None
    assert project.schedules() == []


def test_what_was_not_tried_is_said(project):
    project.write("app.py", COUNTER)
    (finding,) = project.findings("--confirm", "1", "app.py")
    assert finding["confirmed"] is None
    notes = json.loads((project.folder / "report.json").read_text())["notes"]
    assert any("1 finding was not tried to be confirmed" in note for note in notes)


def test_what_hangs_when_it_runs_again_is_ended(project):
    project.write("app.py", HANGS_THE_SECOND_TIME)
    findings = project.findings("app.py", seconds=8)
    (finding,) = [one for one in findings if one["code"] == "UG401"]
    assert finding["confirmed"] is False
    assert "did not end" in finding["message"]


def test_it_can_be_interrupted(project):
    project.write("test_app.py", HANGS_AFTER_ANOTHER)
    options = ["--confirm", "150", "--format", "json", "--output", "report.json"]
    with subprocess.Popen(
        [sys.executable, "-m", "ungil", "race", *options, "-m", "pytest", "-q"],
        cwd=project.folder,
        env={**os.environ, "XDG_CACHE_HOME": str(project.folder / "cache")},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        while process.poll() is None and not (project.folder / "hanging").exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=200)
    assert "Traceback" not in said
    findings = json.loads((project.folder / "report.json").read_text())["findings"]
    told = {one["subject"]: one["message"] for one in findings if one["code"] == "UG401"}
    assert "Confirmed in schedule" in told["class Counter.early"]
    assert "Not confirmed: it was interrupted." in told["class Counter.late"]
    with (project.folder / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as soon as nobody is left who holds it


def test_what_ends_its_process_is_said(project):
    project.write("app.py", ENDS_ITS_PROCESS)
    (finding,) = [one for one in project.findings("app.py") if one["code"] == "UG401"]
    assert finding["confirmed"] is False
    assert "ended with 7" in finding["message"]


def test_a_schedule_that_cannot_be_kept(project):
    project.write("app.py", COUNTER)
    (project.folder / ".ungil").write_text("a file")
    (finding,) = project.findings("app.py")
    assert finding["confirmed"] is True
    assert "could not be kept" in finding["message"]


@pytest.mark.parametrize("by_plugin", [False, True])
def test_the_test_that_showed_it_is_run_again(project, by_plugin):
    project.write("bank.py", BANK)
    project.write("test_bank.py", TEST_BANK)
    if by_plugin:
        done = project.run("pytest", "-q", "--ungil-race", "--ungil-confirm=150")
        said = done.stdout
    else:
        done = project.race("--confirm", "150", "-m", "pytest", "-q", "--junitxml=results.xml")
        said = done.stderr
        # What is run again has no part in them.
        assert 'tests="3"' in (project.folder / "results.xml").read_text()
    assert "3 passed" in done.stdout
    assert "Confirmed in schedule" in " ".join(said.split())
    (file,) = [one for one in project.schedules() if "UG402" in one]
    recorded = json.loads((project.folder / file).read_text())
    assert recorded["only"].startswith("test_bank.py::test_together[")
    again = project.race("replay", file)
    assert again.returncode == 1
    assert "bank.py:6  self.balance" in again.stdout


def test_what_is_set_aside_is_not_run_again(project):
    project.write("app.py", COUNTER.replace("self.n += 1", "self.n += 1  # ungil: benign - ok"))
    (finding,) = project.findings("app.py")
    assert (finding["ignored"], finding["confirmed"]) == ("ok", None)


def test_text_output_shows_two_columns(project):
    project.write("app.py", COUNTER)
    done = project.race("app.py")
    heads = next(one for one in done.stderr.splitlines() if "MainThread  " in one)
    assert "Thread-1 (add)" in heads
    assert "Thread-2 (add)" in heads
    assert Path(project.folder, ".ungil").is_dir()
