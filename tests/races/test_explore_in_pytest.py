"""`pytest --ungil-explore`: each test that starts threads, in many schedules."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from races.under_control import Project

pytest.importorskip("ungil.races._native._core", reason="exploring needs the native core")
if not hasattr(os, "fork"):
    pytest.skip("exploring there needs processes that can be copied", allow_module_level=True)

EXAMPLES = Path(__file__).parents[2] / "examples"

TOGETHER = """
    import threading

    def together(*functions):
        threads = [threading.Thread(target=one) for one in functions]
        for one in threads: one.start()
        for one in threads: one.join()

    class Counter:
        def __init__(self):
            self.n = 0
            self.lock = threading.Lock()

        def add(self):
            self.n += 1

        def add_locked(self):
            with self.lock: self.n += 1
"""

RACY = """
    from together import Counter, together

    def test_adds():
        counter = Counter()
        together(counter.add, counter.add)
        assert counter.n == 2
"""


class Explored(Project):
    def __init__(self, folder):
        super().__init__(folder, together=TOGETHER)

    def explore(self, text, *options):
        self.write("test_it.py", text)
        done = self.pytest("--ungil-explore", *options)
        assert "INTERNALERROR" not in done.stdout
        assert done.stderr == ""
        return done

    def outcomes(self, text, *options):
        """Of each test, by name."""
        done = self.explore(text, "-v", *options)
        told = [one.split()[:2] for one in done.stdout.splitlines() if "::" in one and "%]" in one]
        found = {name.partition("::")[2]: outcome for name, outcome in told}
        assert len(found) == len(told)
        return found, done

    def schedules(self):
        return sorted(str(one.relative_to(self.folder)) for one in self.folder.glob(".ungil/*"))


@pytest.fixture
def project(tmp_path):
    return Explored(tmp_path)


def test_a_racy_test_fails_in_a_schedule_that_replays(project):
    done = project.explore(RACY)
    assert done.returncode == 1
    assert "It fails in schedule" in done.stdout
    assert done.stdout.count("MainThread  ") == 1
    columns = [one for one in done.stdout.splitlines() if "self.n" in one]
    assert [one.split(maxsplit=1)[1] for one in columns] == [
        f"self.n  ({half})" for half in ("reads", "reads", "writes", "writes")
    ]
    # The second thread comes in between.
    first, second, third, last = (one.index("together.py") for one in columns)
    assert (first, second) == (last, third)
    assert first != second
    (file,) = project.schedules()
    for _ in range(3):
        again = project.run("ungil", "race", "replay", file)
        assert again.returncode == 1
        assert "failed: AssertionError: assert 1 == 2" in again.stdout
        assert "INTERNALERROR" not in again.stdout
        assert "Traceback" not in again.stderr


def test_what_is_right_passes(project):
    done = project.explore(RACY.replace("counter.add", "counter.add_locked"))
    assert (done.returncode, project.schedules()) == (0, [])
    assert "1 passed" in done.stdout
    assert "1 test explored in 200 schedules, by pct; others may fail" in done.stdout


def test_this_process_runs_each_test_once(project):
    done = project.explore(
        """
        import os, pytest
        from together import Counter, together

        ran = []

        def test_without_threads():
            ran.append("without")

        def test_with_threads():
            ran.append("with")
            counter = Counter()
            together(counter.add_locked, counter.add_locked)
            assert counter.n == 2
            print("only once")

        def test_afterwards():
            assert ran == ["without", "with"]
        """,
        "-s",
        "--ungil-schedules=10",
    )
    assert done.returncode == 0
    assert done.stdout.count("only once") == 1
    assert "1 test explored" in done.stdout


def test_without_threads_that_is_said(project):
    done = project.explore("def test_it(): pass")
    assert done.returncode == 0
    assert "no test started a thread" in done.stdout


def test_fixtures_marks_and_classes(project):
    found, done = project.outcomes(
        """
        import unittest

        import pytest
        from together import Counter, together

        @pytest.fixture(scope="module")
        def made():
            return []

        @pytest.fixture
        def counter(made):
            made.append("counter")
            yield Counter()
            made.append("gone")

        @pytest.mark.parametrize("times", [1, 2, 3])
        def test_adds(counter, times):
            together(*[counter.add] * times)
            assert counter.n == times

        class TestClass:
            def test_locked(self, counter):
                together(counter.add_locked, counter.add_locked)
                assert counter.n == 2

        @pytest.mark.skip
        def test_skipped():
            assert False

        def test_skips(counter):
            together(counter.add)
            pytest.skip("not here")

        @pytest.mark.xfail(strict=True)
        def test_fails_as_expected():
            together(lambda: None)
            assert False

        def test_fails_plainly():
            assert [] == [1]

        class TestCase(unittest.TestCase):
            def setUp(self):
                self.counter = Counter()

            def test_racy(self):
                together(self.counter.add, self.counter.add)
                self.assertEqual(self.counter.n, 2)

            def test_locked(self):
                together(self.counter.add_locked, self.counter.add_locked)
                self.assertEqual(self.counter.n, 2)

        def test_all_is_taken_down(made):
            assert made == ["counter", "gone"] * 5
        """,
        "--ungil-schedules=30",
    )
    assert found == {
        "test_adds[1]": "PASSED",
        "test_adds[2]": "FAILED",
        "test_adds[3]": "FAILED",
        "TestClass::test_locked": "PASSED",
        "test_skipped": "SKIPPED",
        "test_skips": "SKIPPED",
        "test_fails_as_expected": "XFAIL",
        "test_fails_plainly": "FAILED",
        "TestCase::test_racy": "FAILED",
        "TestCase::test_locked": "PASSED",
        "test_all_is_taken_down": "PASSED",
    }
    assert "assert [] == [1]" in done.stdout
    assert len(project.schedules()) == 3


def test_a_fixture_of_the_module_is_taken_down_for_the_next(project):
    project.write("test_later.py", "def test_later(): pass")
    done = project.explore(
        """
    import pytest

    @pytest.fixture(scope="module", autouse=True)
    def given():
        yield
        print("taken down")
        """
        + RACY,
        "-s",
    )
    assert "1 failed, 1 passed" in done.stdout
    assert done.stdout.count("taken down") == 1


def test_each_schedule_has_a_folder_of_its_own(project):
    done = project.explore(
        """
        from together import Counter, together

        def test_writes(tmp_path):
            together(lambda: (tmp_path / "new").mkdir(), lambda: None)

        def test_reads(tmp_path):
            counter = Counter()
            together(counter.add, lambda: (tmp_path / "new").mkdir(), counter.add)
            assert counter.n == 2
        """,
        "--ungil-schedules=30",
    )
    assert "1 failed, 1 passed" in done.stdout
    assert "FileExistsError" not in done.stdout
    assert "assert 1 == 2" in done.stdout


def test_a_deadlock(project):
    done = project.explore(
        """
        import threading
        from together import together

        def test_transfer():
            a, b = threading.Lock(), threading.Lock()

            def one():
                with a:
                    with b: pass

            def other():
                with b:
                    with a: pass

            together(one, other)
        """
    )
    assert done.returncode == 1
    assert "It does not go on in schedule" in done.stdout
    assert "(waits for a lock)" in done.stdout


def test_waiting_for_more_than_locks(project):
    done = project.explore(
        """
        import asyncio, socket
        from together import Counter, together

        def test_socket():
            one, other = socket.socketpair()
            with one, other:
                together(lambda: one.sendall(b"x"), lambda: other.recv(1))

        def test_loop():
            counter = Counter()

            async def main():
                await asyncio.gather(*[asyncio.to_thread(counter.add_locked) for _ in range(2)])

            asyncio.run(main())
            assert counter.n == 2
        """,
        "--ungil-schedules=5",
    )
    assert "2 passed" in done.stdout
    assert "2 tests explored in 10 schedules" in done.stdout


def test_what_hangs_is_ended_with_all_that_it_started(project):
    done = project.explore(
        """
        import pathlib, subprocess, sys, threading

        def test_hangs():
            threading.Thread(target=lambda: None).start()
            command = [sys.executable, "-c", "import time; time.sleep(1000)"]
            child = subprocess.Popen(command)
            with pathlib.Path("children").open("a") as file:
                print(child.pid, file=file)
            child.wait()

        def test_next():
            pass
        """,
        "--ungil-seconds=3",
    )
    assert "1 failed, 1 passed" in done.stdout
    assert "It could not be explored: it did not end within 3 s" in done.stdout
    children = (project.folder / "children").read_text().split()
    assert children
    assert not any(_is_there(int(one)) for one in children)


def _is_there(process):
    try:
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
        ).stdout
    except FileNotFoundError:
        pytest.skip("no ps")
    return bool(state.strip()) and not state.startswith("Z")


def test_what_ends_its_process(project):
    done = project.explore(
        """
        import os, threading

        parent = os.getpid()

        def test_ends():
            threading.Thread(target=lambda: None).start()
            if os.getpid() != parent: os._exit(7)
        """
    )
    assert done.returncode == 1
    assert "it ended its process, with 7" in done.stdout


@pytest.mark.parametrize("strategy", ["pct", "pos", "random"])
def test_strategies(project, strategy):
    first, second = (
        project.explore(RACY, f"--ungil-strategy={strategy}", "--ungil-seed", "3") for _ in range(2)
    )
    assert f", by {strategy}; others may fail" in first.stdout

    def told(done):
        return [one for one in done.stdout.splitlines() if "It fails" in one or "self.n" in one]

    assert told(first) == told(second)
    (file,) = project.schedules()
    program = json.loads((project.folder / file).read_text())["program"]
    assert program == ["-m", "pytest", "-p", "no:cacheprovider"]


SLOW = """
    import threading, time

    import pytest
    from together import Counter, together

    @pytest.fixture(scope="module")
    def made():
        return []

    @pytest.fixture
    def counter(made):
        made.append("made")
        yield Counter()
        made.append("gone")

    def test_adds(counter):
        def add():
            n = counter.n
            time.sleep(0.01)
            counter.n = n + 1

        together(add, add)
        assert counter.n == 2

    def test_deadlock():
        a, b = threading.Lock(), threading.Lock()

        def takes(first, second):
            with first:
                time.sleep(0.01)
                with second: pass

        together(lambda: takes(a, b), lambda: takes(b, a))

    def test_only_in_plain_threads():
        together(lambda: None)
        assert type(threading.excepthook).__name__ == "method"

    def test_locked(counter):
        together(counter.add_locked, counter.add_locked)
        assert counter.n == 2

    def test_without_threads(counter):
        counter.add()

    def test_all_is_taken_down(made):
        together(lambda: None)
        assert made == ["made", "gone"] * (len(made) // 2)
"""


def test_stress(project):
    found, done = project.outcomes(
        SLOW, "--ungil-strategy=stress", "--ungil-schedules=20", "--ungil-seconds=5"
    )
    assert found == {
        "test_adds": "FAILED",
        "test_deadlock": "FAILED",
        "test_only_in_plain_threads": "FAILED",
        "test_locked": "PASSED",
        "test_without_threads": "PASSED",
        "test_all_is_taken_down": "PASSED",
    }
    assert "It fails in trial 1 of stress: AssertionError: assert 1 == 2" in done.stdout
    assert "It does not go on in trial 1 of stress: MainThread at together.py:6" in done.stdout
    assert done.stdout.count("No schedule of ours shows it.") == 1
    assert "5 tests explored in" in done.stdout
    assert "trials, by stress" in done.stdout
    assert len(project.schedules()) == 2
    for file in project.schedules():
        assert project.run("ungil", "race", "replay", file).returncode == 1


def test_as_many_schedules_as_wanted(project):
    done = project.explore(RACY.replace("counter.add", "counter.add_locked"), "--ungil-schedules=7")
    assert "explored in 7 schedules" in done.stdout


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--ungil-strategy=dpor", "no strategy 'dpor'; there are pct, pos, random, stress"),
        ("--ungil-strategy=fast", "no strategy 'fast'; there are pct, pos, random, stress"),
        ("--ungil-schedules=0", "at least one"),
        ("--ungil-seconds=0", "more than none"),
    ],
)
def test_wrong_options(project, option, said):
    project.write("test_it.py", RACY)
    done = project.run("pytest", "--ungil-explore", option)
    assert (done.returncode, done.stdout.strip()) == (4, "")
    name = option.partition("=")[0]
    assert done.stderr.strip() == f"ERROR: {name}: {said}"


def test_a_schedule_that_cannot_be_kept(project):
    (project.folder / ".ungil").write_text("a file")
    done = project.explore(RACY)
    assert done.returncode == 1
    assert "Its schedule could not be kept" in done.stdout


def test_the_example(tmp_path):
    shutil.copytree(EXAMPLES / "races", tmp_path / "races")
    project = Project(tmp_path / "races")
    plain = project.pytest()
    assert "3 passed" in plain.stdout
    done = project.pytest("--ungil-explore")
    assert (done.returncode, done.stderr) == (1, "")
    assert "2 failed, 1 passed" in done.stdout
    for line in ("assert 5 == 10", "assert 2 == 1"):
        assert line in done.stdout
