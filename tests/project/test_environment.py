"""Installed distributions, of real virtual environments with hand-written metadata."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest
from project_support import LINUX, put

from ungil.project import Selection, SubjectError, environment, read_environment


@pytest.fixture
def env(tmp_path: Path) -> Path:
    folder = tmp_path / "env"
    venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(folder)
    return folder


def site_packages(env: Path) -> Path:
    if os.name == "nt":
        return env / "Lib" / "site-packages"
    return next((env / "lib").glob("python*/site-packages"))


def install(env: Path, name: str, version: str, *requires: str, **files: str) -> None:
    metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    folder = f"{name}-{version}.dist-info"
    more = {f"{folder}/{key}": text for key, text in files.items()}
    put(site_packages(env), {f"{folder}/METADATA": metadata, **more})


def selected(python: Path | str) -> Selection:
    return read_environment(str(python)).select(LINUX)


def refusal(python: Path | str) -> str:
    with pytest.raises(SubjectError) as caught:
        read_environment(str(python))
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def script(folder: Path, text: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


needs_sh = pytest.mark.skipif(os.name == "nt", reason="shell scripts stand for interpreters")


def test_an_environment_by_directory_and_by_interpreter(env: Path) -> None:
    install(env, "Num_Py", "2.0", 'six>=1; extra == "x"', "gone>1", "not a requirement !!")
    install(env, "app", "1.0.0", "num-py[x]; sys_platform == 'linux'", "num-py")
    install(env, "six", "1.16")
    name = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    for python in (env, env / name):
        selection = selected(python)
        assert [(p.name, p.version, p.required_by, p.direct) for p in selection.pins] == [
            ("app", "1.0.0", (), None),
            ("num-py", "2.0", ("app",), None),
            ("six", "1.16", ("num-py",), None),
        ]
        assert not selection.notes


def test_what_was_asked_for_is_direct_where_installers_say_so(env: Path) -> None:
    install(env, "app", "1", REQUESTED="")
    install(env, "dependency", "1")
    assert [p.direct for p in selected(env).pins] == [True, False]


def test_what_is_not_from_an_index(env: Path) -> None:
    def url(**data: object) -> str:
        return json.dumps(data)

    secret = "https://me:secret@git.example/v"
    install(env, "e", "1", **{"direct_url.json": url(url="file:///e", dir_info={"editable": True})})
    install(env, "p", "1", **{"direct_url.json": url(url="file:///p", dir_info={})})
    install(env, "v", "1", **{"direct_url.json": url(url=secret, vcs_info={"vcs": "git"})})
    install(env, "u", "1", **{"direct_url.json": url(url="https://u.example/u", archive_info={})})
    put(site_packages(env), {"old_style.egg-link": "/somewhere/old\n.\n"})
    selection = selected(env)
    assert not selection.pins
    assert {u.name: (u.kind, u.version) for u in selection.unindexed} == {
        "e": ("editable", "1"),
        "p": ("path", "1"),
        "v": ("vcs", "1"),
        "u": ("url", "1"),
        "old-style": ("editable", None),
    }
    assert "secret" not in str(selection)


def test_eggs(env: Path) -> None:
    text = "Name: old\nVersion: 1.0\n"
    put(
        site_packages(env),
        {
            "old-1.0.egg-info": text,
            "older-1.0.egg-info/PKG-INFO": text.replace("old", "older"),
        },
    )
    assert [p.name for p in selected(env).pins] == ["old", "older"]


def test_broken_metadata_is_noted(env: Path) -> None:
    install(env, "fine", "1.0")
    install(env, "odd", "one")
    install(env, "direct", "1", **{"direct_url.json": "[]"})
    site = site_packages(env)
    put(site, {"empty-1.dist-info/RECORD": "", "noname-1.dist-info/METADATA": "Version: 1\n"})
    put(site, {"huge-1.dist-info/METADATA": "Name: huge\nVersion: 1\n" + "x" * 5 * 2**20})
    selection = selected(env)
    assert [p.name for p in selection.pins] == ["fine"]
    broken = [note.partition(" ")[0] for note in selection.notes]
    assert broken == [
        "direct-1.dist-info",
        "empty-1.dist-info",
        "huge-1.dist-info",
        "noname-1.dist-info",
        "odd-one.dist-info",
    ]


def test_no_installed_code_runs(env: Path, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    code = f"import os; open({str(trace)!r}, 'w')"
    put(
        site_packages(env),
        {
            "evil.pth": code + "\n",
            "sitecustomize.py": code,
            "json.py": code,
            "usercustomize.py": code,
        },
    )
    install(env, "fine", "1.0")
    assert selected(env).pins
    assert not trace.exists()


def test_system_site_packages_are_included_where_asked(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    venv.EnvBuilder(with_pip=False, system_site_packages=True, symlinks=os.name != "nt").create(
        folder
    )
    install(folder, "own", "1.0")
    base = subprocess.run(
        [sys.executable, "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert base.stdout
    assert "own" in {p.name for p in selected(folder).pins}


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14t", "3.15t"])
def test_other_interpreters_find_the_same_place(version: str, tmp_path: Path) -> None:
    """`-S` means another sys.prefix before 3.14, so each release is worth a look."""
    python = shutil.which(f"python{version}")
    folder = tmp_path / "env"
    made = python and subprocess.run(
        [python, "-m", "venv", "--without-pip", str(folder)], capture_output=True, check=False
    )
    if not made or made.returncode:
        pytest.skip(f"no Python {version} here")
    install(folder, "fine", "1.0")
    assert [p.name for p in selected(folder).pins] == ["fine"]


def test_the_base_interpreter_has_its_own_packages() -> None:
    python = Path(sys.base_prefix) / ("python.exe" if os.name == "nt" else "bin/python3")
    if not python.exists():
        pytest.skip("no interpreter in the base prefix")
    assert all(p.version for p in selected(python).pins)


def test_what_is_no_interpreter(tmp_path: Path) -> None:
    assert "no such interpreter" in refusal("no-such-python")
    assert "no such interpreter" in refusal(tmp_path / "gone")
    assert "no such interpreter" in refusal("")
    assert "no such interpreter" in refusal("py\0thon")
    assert "has no interpreter in it" in refusal(tmp_path)
    file = tmp_path / "file.txt"
    file.write_text("x")
    assert "cannot be run" in refusal(file)


@needs_sh
@pytest.mark.parametrize(
    "text",
    [
        "echo hello",
        "exit 3",
        "echo '[]'",
        "echo '[\"ungil\", 3]'",
        "printf '\\377\\376'",
        "head -c 100000 /dev/zero | tr '\\0' '['",
        "yes",
    ],
)
def test_what_does_not_answer_like_python(tmp_path: Path, text: str) -> None:
    start = time.monotonic()
    assert "does not answer like a Python" in refusal(script(tmp_path, text))
    assert time.monotonic() - start < 10


@needs_sh
def test_what_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "TIME_LIMIT", 0.3)
    # The child keeps the pipe open after the shell is gone.
    said = refusal(script(tmp_path, "sleep 600 & sleep 600"))
    assert "did not answer within 0.3 s" in said
