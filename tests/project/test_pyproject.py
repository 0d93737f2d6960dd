"""pyproject.toml: standard tables, and what tools kept before there were any."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_support import LINUX, WINDOWS, put, refusal, select

PROJECT = """\
[project]
name = "My_App"
version = "1"
requires-python = ">=3.10,<3.15"
dependencies = [
    "numpy>=2",
    'lxml; sys_platform == "win32"',
    "tool @ git+https://me:secret@git.example/tool@main",
    "my-app[speed]",
]

[project.optional-dependencies]
speed = ["orjson"]
all = ["My.App[speed,plot]"]
plot = ["pillow; python_version >= \\"3.9\\""]

[dependency-groups]
Test = ["pytest", "my-app[plot]"]
dev = [{ include-group = "test" }, "mypy", { include-group = "lint" }]
lint = ["ruff", { include-group = "test" }]
"""


def asked(folder: Path, text: str, **choice: tuple[str, ...]) -> list[str]:
    put(folder, {"pyproject.toml": text})
    return [one.requirement for one in select(folder, **choice).wanted]  # type: ignore[arg-type]


def message(folder: Path, text: str, **choice: tuple[str, ...]) -> str:
    return refusal(put(folder, {"pyproject.toml": text}), "pyproject.toml", **choice)


def test_standard_tables(tmp_path: Path) -> None:
    selection = select(put(tmp_path, {"pyproject.toml": PROJECT}))
    assert [(w.requirement, w.location and w.location.line) for w in selection.wanted] == [
        ("numpy>=2", 6),
        ("orjson", 13),  # through its own extra
    ]
    assert selection.requires_python == ">=3.10,<3.15"
    (tool,) = selection.unindexed
    assert (tool.name, tool.kind) == ("tool", "vcs")
    assert tool.text == "git+https://git.example/tool@main"
    windows = select(tmp_path, environment=WINDOWS)
    assert 'lxml; sys_platform == "win32"' in [w.requirement for w in windows.wanted]


def test_extras_and_groups(tmp_path: Path) -> None:
    pillow = 'pillow; python_version >= "3.9"'
    assert asked(tmp_path, PROJECT, extras=("all",)) == ["numpy>=2", "orjson", pillow]
    assert asked(tmp_path, PROJECT, groups=("test",)) == ["numpy>=2", "pytest", "orjson", pillow]
    assert asked(tmp_path, PROJECT, groups=("dev",)) == (
        ["numpy>=2", "pytest", "mypy", "ruff", "orjson", pillow]
    )
    assert "it has all, plot, speed" in message(tmp_path, PROJECT, extras=("x",))
    assert "it has dev, lint, test" in message(tmp_path, PROJECT, groups=("x",))


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ('a = [{ include-group = "b" }]\nb = [{ include-group = "a" }]', "a -> b -> a include"),
        ('a = [{ include-group = "gone" }]', "there is no group 'gone', which a includes"),
        ("a = [1]", "Invalid dependency group item: 1"),
        ('a = ["x >> 1"]', "x >> 1"),
        ("a = []\nA = []", "uplicate"),
        ('a = "x"', "'dependency-groups[]'"),
    ],
)
def test_broken_groups(tmp_path: Path, groups: str, said: str) -> None:
    assert said in message(tmp_path, f"[dependency-groups]\n{groups}\n")


def test_groups_that_include_each_other_many_times_over(tmp_path: Path) -> None:
    levels = "".join(
        f'g{i} = [{{ include-group = "g{i + 1}" }}, {{ include-group = "g{i + 1}" }}]\n'
        for i in range(60)
    )
    text = f'[dependency-groups]\n{levels}g60 = ["numpy"]\n'
    assert asked(tmp_path, text, groups=("g0",)) == ["numpy"]
    chain = "".join(f'g{i} = [{{ include-group = "g{i + 1}" }}]\n' for i in range(5000))
    assert "too deeply" in message(tmp_path, f"[dependency-groups]\n{chain}g5000 = []\n")


def test_dynamic_dependencies(tmp_path: Path) -> None:
    dynamic = '[project]\nname = "a"\ndynamic = ["dependencies", "optional-dependencies"]\n'
    said = message(tmp_path, dynamic)
    assert "dynamic" in said
    assert "lock" in said
    files = (
        "[tool.setuptools.dynamic]\nversion = { attr = 'a.b' }\n"
        'dependencies = { file = ["reqs/base.txt"] }\n'
        'optional-dependencies.x = { file = "reqs/x.txt" }\n'
    )
    put(tmp_path, {"reqs/base.txt": "# base\nnumpy>=2\n", "reqs/x.txt": "lxml\n"})
    put(tmp_path, {"pyproject.toml": dynamic + files})
    selection = select(tmp_path, extras=("x",))
    assert [str(w.location) for w in selection.wanted] == ["reqs/base.txt:2", "reqs/x.txt:1"]
    put(tmp_path, {"reqs/base.txt": "-r other.txt\n"})
    assert "reqs/base.txt:1: setuptools takes no options" in message(tmp_path, dynamic + files)
    for outside in ("../secrets.txt", "/etc/hostname", "a/../../b"):
        assert "outside the project" in message(
            tmp_path, dynamic + files.replace("reqs/base.txt", outside)
        )


def test_uv_sources_indexes_and_constraints(tmp_path: Path) -> None:
    text = """\
[project]
name = "a"
dependencies = ["g", "p", "w", "e", "torch", "numpy"]
[tool.uv]
constraint-dependencies = ["six<2"]
override-dependencies = ["attrs==1"]
dev-dependencies = ["pytest"]
[tool.uv.sources]
g = { git = "https://me:secret@git.example/g" }
p = [{ path = "../p", marker = "os_name == 'nt'" }, { index = "special" }]
w = { workspace = true }
e = { path = "e", editable = true }
torch = { index = "special" }
[[tool.uv.index]]
url = "https://me:secret@main.example/simple"
default = true
[[tool.uv.index]]
url = "https://more.example/simple"
[[tool.uv.index]]
name = "special"
url = "https://special.example/simple"
explicit = true
"""
    selection = select(put(tmp_path, {"pyproject.toml": text}))
    assert {u.name: u.kind for u in selection.unindexed} == {
        "g": "vcs",
        "p": "path",
        "w": "editable",
        "e": "editable",
    }
    assert [w.requirement for w in selection.wanted] == ["torch", "numpy"]
    assert [w.requirement for w in selection.constraints] == ["six<2"]
    assert selection.indexes == ("https://me:secret@main.example/simple",)
    assert selection.extra_indexes == ("https://more.example/simple",)
    notes = " ".join(selection.notes)
    assert "override-dependencies is not applied" in notes
    assert "torch comes from the index 'special'" in notes
    assert "secret" not in str(selection.unindexed) + notes
    assert "pytest" in asked(tmp_path, text, groups=("dev",))


POETRY = """\
[tool.poetry]
name = "app"
[tool.poetry.dependencies]
python = "^3.9 || ^4.0"
caret = "^1.2.3"
zero = "^0.2.3"
zeros = "^0.0.3"
tilde = "~1.2"
major = "~1"
star = "*"
stars = "1.4.*"
exact = "1.0"
several = ">=1, <2 !=1.5"
either = "^1 || ^3"
pre = { version = "^2.0b1", allow-prereleases = true }
extras = { version = "*", extras = ["x", "y"] }
marked = { version = "*", markers = "os_name == 'posix' or os_name == 'x'", python = ">=3.8,<4" }
windows = { version = "*", platform = "win32" }
optional = { version = "^1", optional = true }
forked = [{ version = "<2", python = "<3.10" }, { version = ">=2", python = ">=3.10" }]
git = { git = "https://me:secret@git.example/g.git", branch = "main" }
path = { path = "../p", develop = true }
url = { url = "https://files.example/u.zip" }
[tool.poetry.extras]
more = ["optional"]
[tool.poetry.dev-dependencies]
pytest = "*"
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
sphinx = "^8"
"""


def test_poetry_tables(tmp_path: Path) -> None:
    selection = select(put(tmp_path, {"pyproject.toml": POETRY}))
    wanted = [w.requirement for w in selection.wanted]
    assert wanted == [
        "caret>=1.2.3,<2",
        "zero>=0.2.3,<0.3",
        "zeros>=0.0.3,<0.0.4",
        "tilde>=1.2,<1.3",
        "major>=1,<2",
        "star",
        "stars==1.4.*",
        "exact==1.0",
        "several>=1,<2,!=1.5",
        "either>=3,<4",
        "pre>=2.0b1,<3",
        "extras[x,y]",
        (
            'marked; (python_full_version >= "3.8" and python_full_version < "4")'
            " and (os_name == 'posix' or os_name == 'x')"
        ),
        'forked>=2; (python_full_version >= "3.10")',
    ]
    assert selection.requires_python == ">=3.9,<4"
    assert {u.name: u.kind for u in selection.unindexed} == {
        "git": "vcs",
        "path": "editable",
        "url": "url",
    }
    assert "secret" not in str(selection)
    lines = POETRY.splitlines()
    for one in selection.wanted:
        assert one.location
        assert one.location.line
        name = one.requirement.partition(">")[0].partition("=")[0].partition("[")[0].partition(";")
        assert lines[one.location.line - 1].startswith(f"{name[0]} =")
    assert "optional>=1,<2" in asked(tmp_path, POETRY, extras=("more",))
    assert "pytest" in asked(tmp_path, POETRY, groups=("dev",))
    assert "sphinx>=8,<9" in asked(tmp_path, POETRY, groups=("docs",))


def test_poetry_enriches_the_standard_table(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "a"\ndependencies = ["one>=1", "two"]\n'
        '[tool.poetry.dependencies]\ntwo = { git = "https://git.example/two" }\n'
        '[tool.poetry.group.dev.dependencies]\nthree = "*"\n'
    )
    selection = select(put(tmp_path, {"pyproject.toml": text}), groups=("dev",))
    assert [w.requirement for w in selection.wanted] == ["one>=1", "three"]
    assert [u.name for u in selection.unindexed] == ["two"]
    dynamic = text.replace('dependencies = ["one>=1", "two"]', 'dynamic = ["dependencies"]')
    selection = select(put(tmp_path, {"pyproject.toml": dynamic}))
    assert [u.name for u in selection.unindexed] == ["two"]


@pytest.mark.parametrize(
    "value", ['"^x"', '"1.0 and more"', "3", '"^^1"', "{ version = 3 }", '">=1 || >"', '"~="']
)
def test_broken_poetry_constraints(tmp_path: Path, value: str) -> None:
    said = message(tmp_path, f"[tool.poetry.dependencies]\nname = {value}\n")
    assert said.startswith("pyproject.toml:2: tool.poetry.dependencies: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.ruff]\n", "has no [project]"),
        ('[project]\ndependencies = ["a >> 1"]\n', "pyproject.toml:2: 'a >> 1' is no requirement"),
        ('[project]\ndependencies = "a"\n', "'project.dependencies'"),
        ('[project]\nrequires-python = "three"\n', "'three' is no version specifier"),
        ("[project\n", "pyproject.toml:1: is not valid TOML"),
        ('[project]\ndependencies = ["a @ https://me:secret@x.example/ y"]', "x.example"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, said: str) -> None:
    error = message(tmp_path, text)
    assert said in error
    assert "secret" not in error


def test_markers_are_evaluated_for_the_target_and_not_for_this_machine(tmp_path: Path) -> None:
    text = '[project]\nname = "a"\ndependencies = ["x; python_version < \'3.14\'"]\n'
    put(tmp_path, {"pyproject.toml": text})
    assert not select(tmp_path, environment=LINUX).wanted
