"""The work in real interpreters. What the clocks say is not asserted."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pretend import interpreter, program
from ungil.interpreters import (
    Gil,
    as_lines,
    find_free_threaded,
    measure,
    probe,
    survey,
    verify,
)
from ungil.interpreters.judge import Cost, Judgement
from ungil.interpreters.verify import Verification, counterpart
from ungil.interpreters.work import alone, in_threads, work

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script as a program")
HERE = probe(sys.executable)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing depends on what is measured."""
    monkeypatch.setattr(measure, "ROUNDS", 1)
    monkeypatch.setattr(measure, "SECONDS", 0.05)


def test_the_work_imports_the_standard_library_only() -> None:
    tree = ast.parse(Path(measure.__file__).with_name("work.py").read_text("utf-8"))
    names = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    froms = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert set(names) <= sys.stdlib_module_names
    assert froms == ["__future__"]


def test_the_work_is_the_same_every_time() -> None:
    assert work() == work()


def test_what_is_counted() -> None:
    together = in_threads(2, 0.01)
    assert together["wall"] >= 0.01
    assert together["units"] >= 2
    one = alone(0.01, 0)
    assert one["ended"] - one["began"] == pytest.approx(one["wall"], abs=1e-4)


@pytest.mark.skipif(HERE.python.free_threaded, reason="the tests run on a free-threaded build")
def test_a_build_with_the_gil_is_not_verified(quick: None) -> None:
    seen = verify(HERE, survey())
    assert seen.verified is False
    assert seen.threads.at_once in {False, None}  # the machine may be busy
    assert seen.cost is None
    assert any("GIL-enabled" in line for line in as_lines(seen))


@posix
def test_a_build_that_only_says_so_is_found_out(tmp_path: Path, quick: None) -> None:
    # It answers as a free-threaded build and works as this one.
    seen = verify(probe(interpreter(tmp_path / "python3.14t")))
    if HERE.python.free_threaded:
        pytest.skip("the tests run on a free-threaded build")
    assert seen.interpreter.gil.on is False
    assert seen.verified is False


@posix
@pytest.mark.parametrize("script", ["exit 3", "echo nonsense", "kill -9 $$", "echo '{}'"])
def test_work_that_fails_cannot_be_judged(tmp_path: Path, script: str, quick: None) -> None:
    path = interpreter(tmp_path / "python3.14t")
    path.write_text(path.read_text().replace(f"exec '{sys.executable}' \"$@\"", f"{script}; exit"))
    seen = verify(probe(path))
    assert seen.verified is None
    assert all("\n" not in line for line in as_lines(seen))


def test_compared_is_only_the_same_release() -> None:
    free = replace(HERE, python=replace(HERE.python, free_threaded=True), gil=Gil(False, ""))
    same = replace(HERE, python=replace(HERE.python, free_threaded=False))
    other = replace(same, release="3.99.0")
    optimized = replace(same, path=Path("/other"), optimizations=("pgo", "lto"))
    debug = replace(same, debug=True)
    free = replace(free, optimizations=("pgo", "lto"))
    assert counterpart(free, [other, debug]) is None
    assert counterpart(free, [other, same, optimized]) == optimized
    assert counterpart(free, [debug, same]) == same
    assert counterpart(same, [free]) is None


def lines(seen: Verification) -> str:
    return "\n".join(as_lines(seen))


def test_what_could_not_be_observed_is_said() -> None:
    python = replace(HERE.python, free_threaded=True)
    free = replace(HERE, python=python, gil=Gil(False, "the default"))
    yes = Judgement(True, "two threads kept 2 processors busy")
    assert "there is no GIL-enabled build of" in lines(Verification(free, yes))
    busy = Cost(None, None, None, "the machine is busy")
    assert "cannot be judged: the machine is busy" in lines(Verification(free, yes, busy, HERE))
    known = Cost(1.1, 1.0, 1.2, "1.10 times the processor time")
    unlike = lines(Verification(free, yes, known, HERE, alike=False))
    assert "1.10 times" in unlike
    assert "different options" in unlike
    on = replace(free, gil=Gil(True, "PYTHON_GIL=1"))
    assert Verification(on, Judgement(None, "")).verified is False
    assert "the GIL is on" in lines(Verification(on, yes))


@pytest.mark.free_threaded
def test_a_free_threaded_build_told_to_have_a_gil(
    monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    found = find_free_threaded()
    monkeypatch.setenv("PYTHON_GIL", "1")
    seen = verify(probe(found.path))
    assert str(seen.interpreter.gil) == "on: PYTHON_GIL=1"
    assert seen.verified is False


@posix
def test_the_probe_and_the_work_see_no_variables_of_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    (tmp_path / "threading.py").write_text("raise SystemExit(9)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "threading.py"))
    monkeypatch.chdir(tmp_path)
    path = program(tmp_path / "python", f"exec '{sys.executable}' \"$@\"")
    assert "ended the work" not in verify(probe(path)).threads.text
