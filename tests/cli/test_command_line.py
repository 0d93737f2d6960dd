"""The command line from outside: what it prints, where, and its exit status."""

import subprocess
import sys
from pathlib import Path

import pytest

from ungil.rules import RULES


def ungil(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "ungil", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        timeout=120,
        check=False,
    )


VERBS = [["explain"], ["check", "numpy", "--offline"], ["ecosystem", "numpy", "--offline"]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", VERBS)
def test_an_output_that_is_full(arguments):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ungil", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "cannot write: No space left on device" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes it")
@pytest.mark.parametrize("arguments", VERBS)
def test_an_output_that_is_closed(arguments):
    wanted = ungil(*arguments).returncode
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "ungil", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == wanted
    assert "Traceback" not in done.stderr


def test_explain_lists_every_rule():
    done = ungil("explain")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(RULES)


@pytest.mark.parametrize("name", ["UG101", "ug101", "nothing-fits"])
def test_explain_prints_a_page_by_code_or_name(name):
    done = ungil("explain", name)
    assert done.returncode == 0
    assert done.stdout.startswith("# UG101 nothing-fits")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chek"], "did you mean 'check'"),
        (["explain", "nothing-fit"], "did you mean nothing-fits"),
        (["explain", "\x1b[2Jevil"], "\\x1b[2Jevil"),
        (["check", "--as-of", "yesterday"], "is no date"),
        (["check", "--as-of", "2999-01-01"], "in the future"),
        (["check", "--target", "2.7"], "is no Python target"),
        (["check", "--platform", "amiga"], "is no platform"),
        (["check", "--write"], "--write goes with --fix"),
        (["check", "no/such/file.txt"], "no/such/file.txt"),
        (["check", "no-such-file.lock"], "no-such-file.lock"),
        (["check", "numpy>=>2"], "numpy>=>2"),
        (["check", "--formt", "json"], "--formt"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(arguments, says, tmp_path):
    done = ungil(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


def test_a_misspelt_setting_is_named(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname='x'\nversion='1'\n[tool.ungil]\nfailon = 'error'\n"
    )
    done = ungil("check", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean 'fail-on'" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot be removed there")
@pytest.mark.parametrize("arguments", [["check"], ["run", "-c", "pass"], ["python", "find"]])
def test_a_working_directory_that_has_gone(tmp_path, arguments):
    gone = tmp_path / "gone"
    gone.mkdir()
    code = f"import os, sys; os.rmdir({str(gone)!r}); from ungil.cli import main; "
    code += f"sys.exit(main({arguments!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=gone, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "the working directory cannot be used" in done.stderr
    assert done.stderr.count("\n") == 1
