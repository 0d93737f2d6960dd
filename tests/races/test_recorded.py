"""A schedule is followed where nothing lies as it did: another folder, another Python."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

import ungil
from ungil.races import Settings
from ungil.races.schedule import Request

pytest.importorskip("ungil.races._native._core", reason="exploring needs the native core")

APP = """
import threading
from desk.counting import Counter

def test_adds():
    counter = Counter()
    threads = [threading.Thread(target=counter.add) for _ in range(2)]
    for one in threads: one.start()
    for one in threads: one.join()
    assert counter.n == 2, f"{counter.n} of 2"
"""

COUNTING = """
class Counter:
    def __init__(self):
        self.n = 0

    def add(self):
        self.n += 1
"""

FILE = ".ungil/app.test_adds.schedule.json"
SOURCES = str(Path(ungil.__file__).parents[1])


def run(folder, library, *command):
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([SOURCES, str(library)])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def race(folder, library, *arguments):
    return run(folder, library, sys.executable, "-m", "ungil", "race", *arguments)


def others():
    """Other Pythons that can do it."""
    names = [f"python3.{minor}{build}" for minor in range(11, 16) for build in ("", "t")]
    found = {os.path.realpath(one): one for one in map(shutil.which, names) if one}
    found.pop(os.path.realpath(sys.executable), None)
    for python in found.values():
        program = "import ungil.races._native._core, greenlet"
        command = [python, "-c", program]
        able = subprocess.run(
            command, env={"PYTHONPATH": SOURCES}, capture_output=True, check=False
        )
        if not able.returncode:
            yield python


def library(folder):
    (folder / "desk").mkdir(parents=True)
    (folder / "desk" / "__init__.py").write_text("")
    (folder / "desk" / "counting.py").write_text(COUNTING)
    return folder


@pytest.fixture
def recorded(tmp_path):
    """A project that has been somewhere else, with its library, when it was explored."""
    before = tmp_path / "before"
    before.mkdir()
    (before / "app.py").write_text(APP)
    (before / "pyproject.toml").write_text('[tool.ungil.race]\ninclude = ["desk"]\n')
    done = race(before, library(tmp_path / "libraries"), "explore", "app:test_adds")
    assert "AssertionError: 1 of 2" in done.stdout
    shutil.rmtree(tmp_path / "libraries")
    return before.rename(tmp_path / "now")


def test_no_path_of_a_machine_is_in_it(recorded, tmp_path):
    text = (recorded / FILE).read_text()
    assert str(tmp_path) not in text
    assert {path for path, *_ in json.loads(text)["shared"]} >= {"<sys.path>/desk/counting.py"}


def test_it_is_followed_elsewhere(recorded, tmp_path):
    installed = library(tmp_path / "lib" / "python3.99" / "site-packages")
    done = race(recorded, installed, "replay", FILE)
    assert (done.returncode, done.stderr) == (1, "")
    assert "failed: AssertionError: 1 of 2" in done.stdout


def test_another_python_follows_it(recorded, tmp_path):
    installed = library(tmp_path / "lib" / "python3.99" / "site-packages")
    settings = Settings(str(recorded), include=("desk",)).to_json()
    request = json.dumps(asdict(Request(settings, file=FILE)))
    pythons = list(others())
    if not pythons:
        pytest.skip("no other Python that has the native core and greenlet")
    for python in pythons:
        command = [python, "-m", "ungil.races.schedule.program", request, str(tmp_path)]
        done = run(recorded, installed, *command)
        assert (done.returncode, done.stderr) == (0, "")
        found = json.loads((tmp_path / "result.json").read_text())
        assert (found["missing"], found["failure"]["text"]) == ([], "AssertionError: 1 of 2")


def test_in_an_environment_in_the_project(recorded):
    installed = library(recorded / "env" / "lib" / "python3.99" / "site-packages")
    done = race(recorded, installed, "replay", FILE)
    assert (done.returncode, done.stderr) == (1, "")


def test_what_is_not_there_is_told(recorded, tmp_path):
    changed = library(tmp_path / "changed")
    file = changed / "desk" / "counting.py"
    file.write_text(f"# {COUNTING}")
    (recorded / "pyproject.toml").write_text("")
    done = race(recorded, changed, "replay", FILE)
    assert done.returncode == 3
    assert done.stderr.endswith(
        "another way than recorded: <sys.path>/desk/counting.py is not here, or not watched\n"
    )
    (recorded / "pyproject.toml").write_text('[tool.ungil.race]\ninclude = ["desk"]\n')
    file.write_text(COUNTING.replace("self.n += 1", "pass; self.n += 1"))
    done = race(recorded, changed, "replay", FILE)
    assert done.returncode == 1  # it fails all the same
    file.write_text(COUNTING.replace("self.n += 1", "vars(self)['n'] = 2"))
    done = race(recorded, changed, "replay", FILE)
    assert done.returncode == 3
    assert "line 7 of <sys.path>/desk/counting.py is not `self.n`" in done.stderr


def test_without_its_library(recorded, tmp_path):
    done = race(recorded, tmp_path / "nowhere", "replay", FILE)
    assert done.returncode == 3
    assert "ModuleNotFoundError: No module named 'desk'" in done.stdout
    assert "<sys.path>/desk/counting.py is not here" in done.stderr


def test_one_of_before(recorded, tmp_path):
    """It is followed, unless it knows a place by the path that it had on one machine."""
    file = recorded / FILE
    whole = {**json.loads(file.read_text()), "format": "ungil schedule 1"}
    file.write_text(json.dumps(whole))
    installed = library(tmp_path / "libraries")
    assert race(recorded, installed, "replay", FILE).returncode == 1
    whole["shared"].append([str(installed / "desk" / "counting.py"), 7, "self.n"])
    file.write_text(json.dumps(whole))
    done = race(recorded, installed, "replay", FILE)
    assert done.returncode == 2
    assert done.stderr.endswith("with paths of one machine; explore once more\n")
