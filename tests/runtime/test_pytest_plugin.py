"""The pytest plugin, in runs of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lending import lend

SOURCES = Path(__file__).parents[2] / "src"
PYTEST = ["-m", "pytest", "-p", "no:cacheprovider"]
# Where ungil is not installed; the first switches off the entry point, for where it is.
PLUGIN = [*PYTEST, "-p", "no:ungil", "-p", "ungil.runtime.pytest_plugin"]

TESTS = """
import pytest

def test_before():
    pass

@pytest.mark.free_threaded
def test_needs_it_off():
    pass

@pytest.mark.gil_enabled
def test_needs_it_on():
    pass

def test_switches():
    try:
        import bad
    except Exception:
        pass

@pytest.mark.free_threaded
def test_needs_it_off_afterwards():
    pass
"""


def outcomes(done):
    return dict(re.findall(r"::(\w+) (PASSED|FAILED|SKIPPED|ERROR)", done.stdout))


def test_on_this_build_the_marks_skip_and_the_header_says_why(tmp_path):
    # As users have it: installed, and loaded by pytest itself.
    (tmp_path / "test_it.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, *PYTEST, "-v", "--strict-markers", "--ungil-gil=fail"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    found = outcomes(done)
    assert {found["test_needs_it_off"], found["test_needs_it_on"]} == {"SKIPPED", "PASSED"}
    header = next(line for line in done.stdout.splitlines() if line.startswith("ungil: "))
    assert "what would switch it on is not seen here" in header or "free-threaded" in header


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """What pytest needs, all of it pure Python, for another interpreter."""
    folder = lend(
        tmp_path_factory.mktemp("lent"), "pytest", "pluggy", "iniconfig", "packaging", "pygments"
    )
    return f"{folder}{os.pathsep}{SOURCES}"


@pytest.fixture
def run(programs, path):
    def run(text, *options):
        for old in programs.folder.glob("test_*.py"):
            old.unlink()
        (programs.folder / "test_it.py").write_text(text)
        return programs.start([*PLUGIN, "-v", *options], path=path)

    return run


@pytest.mark.free_threaded
@pytest.mark.parametrize(("on_gil", "status"), [("report", 0), ("warn", 0), ("fail", 1)])
def test_the_test_during_which_the_gil_came_on(run, on_gil, status):
    done = run(TESTS, f"--ungil-gil={on_gil}")
    assert done.returncode == status, done.stdout
    assert outcomes(done) == {
        "test_before": "PASSED",
        "test_needs_it_off": "PASSED",
        "test_needs_it_on": "SKIPPED",
        # It swallows the error, and fails all the same.
        "test_switches": "FAILED" if on_gil == "fail" else "PASSED",
        "test_needs_it_off_afterwards": "SKIPPED",
    }
    assert "ungil: this is a free-threaded build, and the GIL is off" in done.stdout
    assert "The GIL came on in test_it.py::test_switches:" in done.stdout
    assert "importing bad switched it on" in done.stdout
    assert ("GilEnabledWarning" in done.stdout) is (on_gil == "warn")


@pytest.mark.free_threaded
@pytest.mark.parametrize(("on_gil", "status"), [("report", 0), ("fail", 2)])
def test_collection(run, on_gil, status):
    done = run("import bad\ndef test_it(): pass\n", f"--ungil-gil={on_gil}")
    assert done.returncode == status, done.stdout
    assert "The GIL came on while test_it.py was collected:" in done.stdout


@pytest.mark.free_threaded
def test_what_no_test_stands_for_shows_in_the_exit_status(run):
    swallowed = "try:\n    import bad\nexcept RuntimeError:\n    pass\ndef test_it(): pass\n"
    assert run(swallowed, "--ungil-gil=report").returncode == 0
    done = run(swallowed, "--ungil-gil=fail")
    assert done.returncode == 1, done.stdout
    assert outcomes(done) == {"test_it": "PASSED"}


@pytest.mark.free_threaded
@pytest.mark.parametrize("phase", ["setup", "teardown"])
def test_fixtures_belong_to_their_test(run, phase):
    before, after = ("import bad", "") if phase == "setup" else ("", "import bad")
    done = run(
        f"""
import pytest

@pytest.fixture
def fixture():
    {before}
    yield
    {after}

def test_it(fixture):
    pass
""",
        "--ungil-gil=fail",
    )
    assert done.returncode == 1, done.stdout
    assert "The GIL came on in test_it.py::test_it:" in done.stdout
    assert "1 error" in done.stdout


@pytest.mark.free_threaded
def test_nothing_is_said_if_nothing_happens(run):
    done = run("import good\ndef test_it(): pass\n", "--ungil-gil=fail")
    assert done.returncode == 0, done.stdout
    assert "the GIL ====" not in done.stdout
