"""What is particular to Poetry, PDM, Pipenv and pylock.toml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from project_support import LINUX, LOCKS, WINDOWS, pinned, put, refusal, select

SHA = "0" * 64


def alone(folder: Path, path: str) -> Path:
    """A lock without the files that stood beside it."""
    source = LOCKS / path
    return put(folder, {source.name: source.read_bytes()})


# Poetry


def test_poetry_2_needs_no_pyproject(tmp_path: Path) -> None:
    selection = select(alone(tmp_path, "poetry-2/poetry.lock"), groups=())
    assert pinned(selection) == pinned(select(LOCKS, "poetry-2", groups=()))
    assert {pin.direct for pin in selection.pins} == {None}
    assert not selection.notes


def test_old_poetry_locks_alone_are_judged_whole(tmp_path: Path) -> None:
    old = select(alone(tmp_path / "1.8", "poetry-1.8/poetry.lock"))
    assert {"pytest", "pywin32"} <= pinned(old).keys()
    assert "contourpy" not in pinned(old)  # optional
    assert any("no pyproject.toml" in note for note in old.notes)
    older = select(alone(tmp_path / "1.1", "poetry-1.1/poetry.lock"), groups=())
    assert "pytest" not in pinned(older)  # of the category dev
    assert "numpy" in pinned(older)
    extra = select(tmp_path / "1.8", extras=("plot",))
    assert "contourpy" in pinned(extra)


def test_poetry_forks_and_sources(tmp_path: Path) -> None:
    lock = (
        '[[package]]\nname = "a"\nversion = "1.0"\noptional = false\npython-versions = "<3.12"\n'
        'files = []\n[[package]]\nname = "a"\nversion = "2.0"\noptional = false\n'
        'python-versions = ">=3.12"\nfiles = []\n[[package]]\nname = "g"\nversion = "3"\n'
        'optional = false\npython-versions = "*"\ndevelop = false\nfiles = []\n'
        '[package.source]\ntype = "git"\nurl = "https://me:secret@git.example/g"\n'
        'reference = "main"\nresolved_reference = "0123"\n'
        '[metadata]\nlock-version = "2.0"\npython-versions = "^3.8"\n'
    )
    project = (
        '[tool.poetry]\nname = "app"\n[tool.poetry.dependencies]\npython = "^3.8"\na = "*"\n'
        'g = { git = "https://git.example/g" }\n'
    )
    selection = select(put(tmp_path, {"poetry.lock": lock, "pyproject.toml": project}))
    assert pinned(selection) == {"a": "2.0"}
    assert selection.pins[0].files is None
    (git,) = selection.unindexed
    assert (git.name, git.kind, git.text) == ("g", "vcs", "https://git.example/g")


def test_poetry_2_markers_by_group_and_extra(tmp_path: Path) -> None:
    entry = (
        '[[package]]\nname = "{0}"\nversion = "1"\noptional = false\npython-versions = "*"\n'
        "groups = {1}\nmarkers = {2}\nfiles = []\n"
    )
    lock = (
        entry.format(
            "both",
            '["main", "docs"]',
            "{ main = \"sys_platform == 'win32'\", docs = \"sys_platform == 'linux'\" }",
        )
        + entry.format("extra", '["main"]', "\"extra == 'x' or extra == 'y'\"")
        + '[extras]\nx = ["extra"]\ny = ["extra"]\n'
        + '[metadata]\nlock-version = "2.1"\npython-versions = "*"\n'
    )
    put(tmp_path, {"poetry.lock": lock})
    assert pinned(select(tmp_path, groups=())) == {}
    assert pinned(select(tmp_path, groups=("docs",))) == {"both": "1"}
    assert pinned(select(tmp_path, environment=WINDOWS, groups=())) == {"both": "1"}
    assert pinned(select(tmp_path, groups=(), extras=("y",))) == {"extra": "1"}
    assert pinned(select(tmp_path, groups=(), extras=("x", "y"))) == {"extra": "1"}


def test_optional_groups_of_poetry_are_not_default(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "poetry.lock": '[[package]]\nname = "sphinx"\nversion = "1"\ngroups = ["docs"]\n'
            '[metadata]\nlock-version = "2.1"\n',
            "pyproject.toml": '[tool.poetry]\nname = "a"\n[tool.poetry.group.docs]\n'
            'optional = true\n[tool.poetry.group.docs.dependencies]\nsphinx = "*"\n',
        },
    )
    assert not select(tmp_path).pins
    assert pinned(select(tmp_path, groups=("docs",))) == {"sphinx": "1"}


# PDM


def test_pdm_without_pyproject_cannot_tell_extras_from_groups(tmp_path: Path) -> None:
    folder = alone(tmp_path, "pdm/pdm.lock")
    selection = select(folder)
    assert pinned(selection) == pinned(select(LOCKS, "pdm", groups=()))
    assert any("dev, plot, test" in note for note in selection.notes)
    assert "contourpy" in pinned(select(folder, extras=("plot",)))
    assert "pytest" in pinned(select(folder, groups=("dev",)))


def test_pdm_before_groups_were_in_the_lock(tmp_path: Path) -> None:
    lock = (
        '[[package]]\nname = "a"\nversion = "1"\ndependencies = ["b[x]; os_name == \'posix\'"]\n'
        '[[package]]\nname = "b"\nversion = "2"\n'
        '[[package]]\nname = "b"\nversion = "2"\nextras = ["x"]\n'
        'dependencies = ["b==2", "c"]\n'
        '[[package]]\nname = "c"\nversion = "3"\n'
        '[[package]]\nname = "d"\nversion = "4"\n'
        '[metadata]\nlock_version = "4.2"\ngroups = ["default"]\n'
        f'[metadata.files]\n"a 1" = [{{ url = "https://files.example/a-1.tar.gz", '
        f'hash = "sha256:{SHA}" }}]\n'
    )
    put(tmp_path, {"pdm.lock": lock})
    whole = select(tmp_path)
    assert pinned(whole) == {"a": "1", "b": "2", "c": "3", "d": "4"}
    assert any("everything in it is judged" in note for note in whole.notes)
    put(tmp_path, {"pyproject.toml": '[project]\nname = "app"\ndependencies = ["a"]\n'})
    linux = select(tmp_path)
    assert pinned(linux) == {"a": "1", "b": "2", "c": "3"}
    assert linux.pins[0].files == ("a-1.tar.gz",)
    assert linux.pins[0].hashes == {SHA}
    assert [pin.required_by for pin in linux.pins] == [(), ("a",), ("b",)]
    assert pinned(select(tmp_path, environment=WINDOWS)) == {"a": "1"}


def test_pdm_sources(tmp_path: Path) -> None:
    lock = '[metadata]\nlock_version = "4.5.0"\ngroups = ["default"]\n' + "".join(
        f'[[package]]\nname = "{name}"\nversion = "1"\ngroups = ["default"]\n{more}\n'
        for name, more in (
            ("g", 'git = "https://me:secret@git.example/g"\nrevision = "01"'),
            ("u", 'url = "https://files.example/u-1.tar.gz"'),
            ("e", 'path = "./e"\neditable = true'),
        )
    )
    selection = select(put(tmp_path, {"pdm.lock": lock}))
    assert {u.name: u.kind for u in selection.unindexed} == {
        "g": "vcs",
        "u": "url",
        "e": "editable",
    }
    assert "secret" not in str(selection)


# Pipenv


def test_pipenv_sources_and_open_versions(tmp_path: Path) -> None:
    lock = {
        "_meta": {"pipfile-spec": 6, "requires": {"python_full_version": "3.14.2"}},
        "default": {
            "g": {"git": "https://me:secret@git.example/g", "ref": "01"},
            "e": {"path": ".", "editable": True},
            "f": {"file": "https://files.example/f-1.tar.gz"},
            "open": {"version": "*"},
            "bounded": {"version": ">=2", "markers": "os_name == 'posix'"},
            "pinned": {"version": "==1.0"},
        },
    }
    selection = select(put(tmp_path, {"Pipfile.lock": json.dumps(lock)}))
    assert {u.name: u.kind for u in selection.unindexed} == {
        "g": "vcs",
        "e": "editable",
        "f": "url",
    }
    assert [w.requirement for w in selection.wanted] == ["open", "bounded>=2"]
    assert pinned(selection) == {"pinned": "1.0"}
    assert selection.requires_python == "==3.14.2"
    assert "secret" not in str(selection)


# pylock.toml


def pylock(*packages: str, head: str = "") -> str:
    return f'lock-version = "1.0"\ncreated-by = "hand"\n{head}\n' + "".join(
        f"[[packages]]\n{package}\n" for package in packages
    )


def archive(name: str) -> str:
    return f'wheels = [{{ name = "{name}", url = "u", hashes = {{ sha256 = "{SHA}" }} }}]'


def test_an_entry_without_a_fitting_wheel_is_still_a_pin(tmp_path: Path) -> None:
    text = pylock('name = "a"\n' + archive("a-1.5-cp38-cp38-win32.whl"))
    selection = select(put(tmp_path, {"pylock.toml": text}))
    (pin,) = selection.pins
    assert (pin.version, pin.files) == ("1.5", ("a-1.5-cp38-cp38-win32.whl",))


def test_pylock_sources_and_the_project_itself(tmp_path: Path) -> None:
    text = pylock(
        'name = "app"\n[packages.directory]\npath = "./"\n',
        'name = "e"\n[packages.directory]\npath = "lib/e"\neditable = true\n',
        'name = "v"\nversion = "2"\n[packages.vcs]\ntype = "git"\n'
        'url = "https://me:secret@git.example/v"\ncommit-id = "01"\n',
        f'name = "z"\n[packages.archive]\nurl = "https://files.example/z.zip"\n'
        f'hashes = {{ sha256 = "{SHA}" }}\n',
    )
    selection = select(put(tmp_path, {"pylock.toml": text}))
    assert [(u.name, u.kind) for u in selection.unindexed] == [
        ("e", "editable"),
        ("v", "vcs"),
        ("z", "url"),
    ]
    assert "secret" not in str(selection)


def test_pylock_dependencies_tell_parents(tmp_path: Path) -> None:
    text = pylock(
        'name = "a"\nversion = "1"\ndependencies = [{ name = "b" }]\n'
        + archive("a-1-py3-none-any.whl"),
        'name = "b"\nversion = "2"\n' + archive("b-2-py3-none-any.whl"),
    )
    pins = select(put(tmp_path, {"pylock.dev.toml": text}), "pylock.dev.toml").pins
    assert [pin.required_by for pin in pins] == [(), ("a",)]


def test_two_versions_for_one_environment_are_noted(tmp_path: Path) -> None:
    text = pylock(
        'name = "a"\nversion = "1"\n' + archive("a-1-py3-none-any.whl"),
        'name = "a"\nversion = "2"\n' + archive("a-2-py3-none-any.whl"),
    )
    selection = select(put(tmp_path, {"pylock.toml": text}))
    assert [pin.version for pin in selection.pins] == ["1", "2"]
    assert "pylock.toml has 1 and 2 of a for one environment; all are judged." in selection.notes


def test_pylock_environments(tmp_path: Path) -> None:
    text = pylock(head="environments = [\"sys_platform == 'win32'\"]\npackages = []")
    put(tmp_path, {"pylock.toml": text})
    assert any("not locked for" in note for note in select(tmp_path, environment=LINUX).notes)
    assert not select(tmp_path, environment=WINDOWS).notes


# What is wrong


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pylock.toml", 'lock-version = "2.0"', "lock-version is '2.0'; known is 1.0"),
        ("pylock.toml", "", "lock-version is missing"),
        ("pylock.toml", pylock('name = "A_b"'), "not normalized in 'packages[0].name'"),
        ("poetry.lock", '[metadata]\nlock-version = "3.0"', "'3.0'; known are 1.x and 2.x"),
        ("poetry.lock", "", "is None; known are 1.x and 2.x"),
        ("pdm.lock", '[metadata]\nlock_version = "3.1"', "'3.1'; known are 4.x"),
        ("Pipfile.lock", '{"_meta": {"pipfile-spec": 5}}', "is 5; known is 6"),
        ("Pipfile.lock", "", "is not valid JSON"),
        ("Pipfile.lock", "[]", "Expected `object`, got `array`"),
        ("poetry.lock", "[metadata\n", "poetry.lock:1: is not valid TOML"),
        (
            "poetry.lock",
            '[[package]]\nname="a"\nversion="1"\ndependencies={b="^^1"}\n[metadata]\nlock-version="2"',
            "poetry.lock:2: a: '^^1' is no version constraint",
        ),
        (
            "pdm.lock",
            '[[package]]\nname="a"\nversion="1"\ndependencies=["b=="]\n[metadata]\nlock_version="4"',
            "pdm.lock:2: a: 'b==' is no requirement",
        ),
    ],
)
def test_broken_locks(tmp_path: Path, name: str, text: str, said: str) -> None:
    message = refusal(put(tmp_path, {name: text}), name)
    assert said in message
    assert message.startswith(name)
