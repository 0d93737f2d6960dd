"""What `read` takes its text for, and how it refuses."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project_support import LINUX, LOCKS, WINDOWS, put, refusal, select

from ungil.findings import printable
from ungil.project import SubjectError, places, read

PYPROJECT = '[project]\nname = "a"\ndependencies = ["from-pyproject"]\n'
PYLOCK = 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n'
UV = "version = 1\n"
POETRY = '[metadata]\nlock-version = "2.1"\n'
PDM = '[metadata]\nlock_version = "4.5"\n'
PIPFILE = '{"_meta": {"pipfile-spec": 6}}'


def test_the_order_in_a_directory(tmp_path: Path) -> None:
    order = {
        "pylock.toml": PYLOCK,
        "pylock.dev.toml": PYLOCK,
        "uv.lock": UV,
        "poetry.lock": POETRY,
        "pdm.lock": PDM,
        "Pipfile.lock": PIPFILE,
        "pyproject.toml": PYPROJECT,
        "requirements.txt": "x\n",
        "requirements.in": "x\n",
        "requirements-dev.txt": "x\n",
    }
    put(tmp_path, order)
    names = list(order)
    while names:
        subject = read(".", cwd=tmp_path)
        assert subject.path == names[0]
        notes = subject.select(LINUX).notes
        others = [n for n in names[1:] if n != "pyproject.toml"]
        if others:
            assert f"{names[0]} was read; passed over: {', '.join(others)}." in notes
        (tmp_path / names.pop(0)).unlink()
    assert "has no lock" in refusal(tmp_path)


def test_a_pyproject_of_tool_settings_is_passed_by(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": "[tool.ruff]\n", "requirements/base.txt": "numpy\n"})
    assert read(".", cwd=tmp_path).path == "requirements/base.txt"
    put(tmp_path, {"requirements/dev.txt": "pytest\n", "requirements/prod.txt": "gunicorn\n"})
    assert read(".", cwd=tmp_path).path == "requirements/base.txt"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("setup.py", "setup.py is never run"), ("a-1.tar.gz", "an sdist has to be built first")],
)
def test_directories_with_nothing_to_read(tmp_path: Path, name: str, hint: str) -> None:
    assert hint in refusal(put(tmp_path, {name: ""}))


def test_paths_are_shown_as_the_user_would_write_them(tmp_path: Path) -> None:
    put(tmp_path, {"sub/requirements.txt": "numpy\n"})
    inside = tmp_path / "sub"
    for text, shown in (
        ("sub", "sub/requirements.txt"),
        ("./sub/requirements.txt", "sub/requirements.txt"),
        (str(inside), "sub/requirements.txt"),
    ):
        assert read(text, cwd=tmp_path).path == shown
    assert read("../sub", cwd=inside).path == "../sub/requirements.txt"
    other = tmp_path / "other"
    other.mkdir()
    absolute = read(str(inside), cwd=other)
    assert absolute.path == (inside / "requirements.txt").as_posix()
    (one,) = absolute.select(LINUX).wanted
    assert str(one.location) == f"{absolute.path}:1"


def test_requirements_on_the_command_line(tmp_path: Path) -> None:
    for text in ("numpy", "numpy>=2", "numpy[x]>=2; sys_platform == 'linux'"):
        (one,) = select(tmp_path, text).wanted
        assert (one.requirement, one.location) == (text, None)
    other = select(tmp_path, "name @ git+https://me:secret@git.example/x")
    (unindexed,) = other.unindexed
    assert (unindexed.name, unindexed.kind) == ("name", "vcs")
    assert "secret" not in str(other)
    marked = select(tmp_path, "numpy; sys_platform == 'win32'", LINUX)
    assert not marked.wanted
    assert marked.notes
    assert select(tmp_path, "numpy; sys_platform == 'win32'", WINDOWS).wanted
    assert "it has none" in refusal(tmp_path, "numpy", extras=("x",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("requirements.txt", "requirements.txt: no such file"),
        ("pylock.toml", "no such file"),
        ("x-1-py3-none-any.whl", "no such file"),
        ("some/where", "some/where: no such file"),
        ("some\\where", "no such file"),
        ("/no/such/dir", "/no/such/dir: no such file"),
        ("", "is no requirement"),
        (" ", "is no requirement"),
        ("numpy >> 2", "'numpy >> 2' is no requirement"),
        ("nu mpy", "is no requirement"),
        ("\0", "is no requirement"),
        ("a\x1b[2J", "is no requirement"),
        ("x" * 5000 + "!", "is no requirement"),
        ("https://me:secret@files.example/a.zip", "is no requirement"),
    ],
)
def test_what_is_neither_a_path_nor_a_requirement(tmp_path: Path, text: str, said: str) -> None:
    message = refusal(tmp_path, text)
    assert said in message
    assert "secret" not in message
    assert len(message) < 1000


@pytest.mark.parametrize("name", ["setup.py", "environment.yml", "Pipfile", "a.bin", "LICENSE"])
def test_other_kinds_of_files(tmp_path: Path, name: str) -> None:
    assert "is no kind of file" in refusal(put(tmp_path, {name: ""}), name)


def test_an_sdist(tmp_path: Path) -> None:
    assert "is an sdist" in refusal(put(tmp_path, {"a-1.tar.gz": ""}), "a-1.tar.gz")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("uv/uv.lock", "script.py.lock"),
        ("poetry-2/poetry.lock", "other.lock"),
        ("pdm/pdm.lock", "other.lock"),
        ("pipenv/Pipfile.lock", "other.lock"),
        ("pylock-uv/pylock.toml", "locked.toml"),
        ("uv/pyproject.toml", "other.toml"),
    ],
)
def test_known_content_under_another_name(tmp_path: Path, source: str, name: str) -> None:
    put(tmp_path, {name: (LOCKS / source).read_bytes()})
    selection = select(tmp_path, name)
    assert selection.pins or selection.wanted


NAMES = ["pylock.toml", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pyproject.toml"]
FILES = [*NAMES, "requirements.txt"]


@pytest.mark.parametrize("name", FILES)
def test_files_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.mkdir()
    assert refusal(tmp_path, name).startswith((f"{name}: has no lock", f"{name}: is a directory"))
    assert "is a directory" in refusal(tmp_path) or "has no lock" in refusal(tmp_path)
    path.rmdir()
    put(tmp_path, {name: b"a = '\xff'\n"})
    assert refusal(tmp_path, name) == f"{name}:1: is not UTF-8 text; save it as UTF-8"


@pytest.mark.parametrize("name", FILES)
def test_huge_files_are_not_loaded(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(places.LARGEST + 1)  # sparse: it takes no space
    start = time.monotonic()
    assert "is larger than 64 MiB" in refusal(tmp_path, name)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("name", FILES)
@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_and_pipes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.symlink_to(name)
    assert "is a loop of symbolic links" in refusal(tmp_path, name)
    path.unlink()
    path.symlink_to("nothing")
    assert "is a symbolic link to nothing" in refusal(tmp_path, name)
    path.unlink()
    os.mkfifo(path)
    assert "is not a regular file" in refusal(tmp_path, name)
    path.unlink()
    put(tmp_path, {"kept/" + name: ""})
    path.symlink_to("kept/" + name)
    try:
        read(name, cwd=tmp_path)
    except SubjectError as error:
        assert "link" not in str(error)  # noqa: PT017


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not bind this user")
def test_permissions(tmp_path: Path) -> None:
    put(tmp_path, {"requirements.txt": "numpy\n"})
    (tmp_path / "requirements.txt").chmod(0)
    assert "permission denied" in refusal(tmp_path, "requirements.txt")


def test_permission_denied_as_the_system_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"requirements.txt": "numpy\n"})

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert refusal(tmp_path, "requirements.txt") == (
        "requirements.txt: permission denied; make it readable"
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "{a=" * 100_000,
        "[" * 100_000,
        '{"a":' * 100_000,
        "a" + ".a" * 5_000 + " = 1",
        "a = " + "9" * 10_000,
    ],
    ids=["arrays", "tables", "brackets", "objects", "keys", "digits"],
)
def test_nesting_and_digits(tmp_path: Path, name: str, text: str) -> None:
    start = time.monotonic()
    refusal(put(tmp_path, {name: text}), name)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("name", FILES)
def test_a_byte_order_mark_is_no_harm(tmp_path: Path, name: str) -> None:
    source = next(LOCKS.glob(f"*/{name}"))
    put(tmp_path, {name: b"\xef\xbb\xbf" + source.read_bytes()})
    selection = select(tmp_path, name)
    assert selection.pins or selection.wanted


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        subject = read(text, cwd=LOCKS / "uv")
        subject.select(LINUX)
    except SubjectError as error:
        assert printable(str(error)) == str(error)  # noqa: PT017
