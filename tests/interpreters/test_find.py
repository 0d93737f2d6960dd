"""Find and probe interpreters."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pretend import program, surroundings
from ungil.interpreters import InterpreterError, find_free_threaded, probe
from ungil.target import TargetError

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script as a program")


def test_the_interpreter_that_runs_this():
    found = probe(sys.executable)
    assert (found.python.major, found.python.minor) == sys.version_info[:2]
    assert found.path.samefile(sys.executable)
    assert found.extension_suffixes
    assert found.release in str(found)


def test_a_name_is_looked_up(monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert probe(Path(sys.executable).name).path.samefile(sys.executable)


@pytest.mark.parametrize("path", ["no-such-python", "", "a\0b", "/", os.devnull])
def test_what_cannot_be_run(path):
    with pytest.raises(InterpreterError) as caught:
        probe(path)
    assert "\n" not in str(caught.value)


@posix
@pytest.mark.parametrize(
    "script",
    [
        "exit 0",
        "exit 127",
        "kill -9 $$",
        "echo hello",
        "echo null",
        "echo '[[[[' ",
        "echo '{\"executable\": 1}'",
        "yes | head -c 300000",
        "head -c 100000 /dev/zero | tr '\\0' '['",
    ],
)
def test_what_does_not_answer_like_a_python(tmp_path, script):
    with pytest.raises(InterpreterError, match="does not answer like a Python"):
        probe(program(tmp_path / "python", script))


@posix
def test_what_hangs_is_ended_with_its_children(tmp_path):
    with pytest.raises(InterpreterError, match="the time limit"):
        probe(program(tmp_path / "python", "sleep 100 | sleep 100"), seconds=1)


@posix
def test_a_shim_leads_to_its_interpreter(tmp_path):
    shim = program(tmp_path / "python", f"echo starting; exec '{sys.executable}' \"$@\"")
    assert probe(shim).path.samefile(sys.executable)


@posix
def test_it_starts_isolated(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit(1)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert probe(sys.executable).python.major == 3


@pytest.mark.free_threaded
@pytest.mark.parametrize("version", [None, "3.13", "3.14t", "3.15"])
def test_what_is_found_is_free_threaded(version):
    found = find_free_threaded(version)
    if found is None:
        assert version is not None
        pytest.skip(f"no {version}t on this machine")
    assert found.python.free_threaded
    assert found.python.number == (version or found.python.number).rstrip("t")
    assert probe(found.path) == found


@posix
@pytest.mark.free_threaded
def test_a_broken_one_does_not_hide_a_good_one(tmp_path, monkeypatch):
    good = find_free_threaded()
    name = f"python{good.python}"
    broken = program(tmp_path / "broken" / name, "exit 127")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(broken.parent), str(tmp_path / "empty"), os.environ["PATH"]])
    )
    assert find_free_threaded(good.python.number) == good


@posix
def test_the_working_directory_is_not_searched(tmp_path, monkeypatch):
    trace = tmp_path / "trace"
    for folder in (tmp_path, tmp_path / "bin"):
        for minor in (13, 14, 15):
            program(folder / f"python3.{minor}t", f"echo ran > '{trace}'; exit 1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", "bin"]))
    find_free_threaded()
    assert not trace.exists()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    find_free_threaded()
    assert trace.exists()


def test_no_python_version():
    with pytest.raises(TargetError):
        find_free_threaded("two")


def test_none_there(monkeypatch, tmp_path):
    for key in ("PYENV_ROOT", "ASDF_DATA_DIR", "RYE_PY_ROOT"):
        monkeypatch.delenv(key, raising=False)
    for key, value in surroundings(tmp_path, tmp_path).items():
        monkeypatch.setenv(key, value)
    found = find_free_threaded("3.14")
    assert found is None or found.path.samefile(sys.executable)
