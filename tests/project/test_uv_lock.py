"""uv.lock beyond the plain project."""

from __future__ import annotations

from pathlib import Path

from project_support import LINUX, LOCKS, WINDOWS, pinned, put, refusal, select

HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.13"\n'
ROOT = '\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'


def package(name: str, version: str = "1.0", more: str = "", source: str = "") -> str:
    source = source or 'registry = "https://index.example/simple"'
    return (
        f'\n[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ {source} }}\n{more}\n'
    )


def test_forks_follow_the_platform() -> None:
    assert pinned(select(LOCKS, "uv-forks", LINUX))["packaging"] == "26.0"
    assert pinned(select(LOCKS, "uv-forks", WINDOWS))["packaging"] == "25.0"


def test_conflicting_extras_choose_the_fork_of_a_shared_dependency() -> None:
    assert pinned(select(LOCKS, "uv-forks"))["markupsafe"] == "3.0.3"
    assert pinned(select(LOCKS, "uv-forks", extras=("new",)))["markupsafe"] == "3.0.3"
    assert pinned(select(LOCKS, "uv-forks", extras=("old",)))["markupsafe"] == "3.0.2"
    message = refusal(LOCKS, "uv-forks", extras=("old", "new"))
    assert message == "uv-forks/uv.lock: new and old are declared to conflict; choose one"


def test_workspace_members_are_roots_and_path_dependencies_are_not_indexed() -> None:
    selection = select(LOCKS, "uv-forks", groups=())
    assert pinned(selection).keys() == {"attrs", "jinja2", "markupsafe", "packaging"}
    (gauge,) = selection.unindexed
    assert (gauge.name, gauge.kind, gauge.text, gauge.version) == (
        "gauge",
        "path",
        "tools/gauge",
        "2",
    )
    pins = {pin.name: pin for pin in selection.pins}
    assert pins["jinja2"].direct  # of the member `sensor`
    assert pins["attrs"].required_by == ("gauge",)
    assert not pins["attrs"].direct
    assert any("workspace" in note for note in selection.notes)


def test_default_groups_of_the_project_replace_dev() -> None:
    assert "idna" in pinned(select(LOCKS, "uv-forks"))
    assert "iniconfig" not in pinned(select(LOCKS, "uv-forks"))
    assert "iniconfig" in pinned(select(LOCKS, "uv-forks", groups=("dev",)))


def test_default_groups_from_pyproject_where_the_lock_does_not_repeat_them(tmp_path: Path) -> None:
    groups = '[package.dev-dependencies]\na = [{ name = "one" }]\nb = [{ name = "two" }]\n'
    lock = HEAD + ROOT + groups + package("one") + package("two")
    project = '[project]\nname = "app"\nversion = "1"\n[tool.uv]\ndefault-groups = '
    put(tmp_path, {"uv.lock": lock})
    assert not select(tmp_path).pins
    put(tmp_path, {"pyproject.toml": project + '["b"]\n'})
    assert pinned(select(tmp_path)) == {"two": "1.0"}
    put(tmp_path, {"pyproject.toml": project + '"all"\n'})
    assert pinned(select(tmp_path)) == {"one": "1.0", "two": "1.0"}


def test_unknown_extra_and_group_name_those_there_are() -> None:
    assert refusal(LOCKS, "uv", extras=("plott",)).endswith("no extra 'plott'; it has plot")
    assert refusal(LOCKS, "uv", groups=("doc",)).endswith("no group 'doc'; it has dev, test")


def test_every_source_that_is_no_registry(tmp_path: Path) -> None:
    sources = {
        "g": 'git = "https://me:secret@git.example/g?rev=main#0123456789"',
        "u": 'url = "https://files.example/u-1.0.tar.gz"',
        "p": 'path = "vendor/p-1.0-py3-none-any.whl"',
        "d": 'directory = "vendor/d"',
        "e": 'editable = "vendor/e"',
    }
    edges = ", ".join(f'{{ name = "{name}" }}' for name in sources)
    lock = HEAD + ROOT + f"dependencies = [{edges}]\n"
    lock += "".join(package(name, source=source) for name, source in sources.items())
    selection = select(put(tmp_path, {"uv.lock": lock}))
    kinds = {one.name: one.kind for one in selection.unindexed}
    assert kinds == {"g": "vcs", "u": "url", "p": "path", "d": "path", "e": "editable"}
    assert "secret" not in str(selection)
    assert not selection.pins


def test_a_script_has_requirements_in_place_of_a_project(tmp_path: Path) -> None:
    manifest = (
        '\n[manifest]\nrequirements = [{ name = "one", extras = ["x"] }, '
        '{ name = "win", marker = "sys_platform == \'win32\'" }]\n'
    )
    optional = '[package.optional-dependencies]\nx = [{ name = "two" }]\n'
    lock = HEAD + manifest + package("one", more=optional) + package("two") + package("win")
    put(tmp_path, {"script.py.lock": lock})
    selection = select(tmp_path, "script.py.lock")
    assert pinned(selection) == {"one": "1.0", "two": "1.0"}
    assert [pin.direct for pin in selection.pins] == [True, False]


def test_environments_that_exclude_the_target_are_noted(tmp_path: Path) -> None:
    lock = HEAD + "supported-markers = [\"sys_platform == 'darwin'\"]\n" + ROOT
    selection = select(put(tmp_path, {"uv.lock": lock}))
    assert any("not locked for this environment" in note for note in selection.notes)


def test_broken_locks(tmp_path: Path) -> None:
    def message(lock: str) -> str:
        return refusal(put(tmp_path, {"uv.lock": lock}))

    assert message("version = 2\n") == "uv.lock: version is 2; known is 1, lock again with uv"
    assert "version is None" in message("")
    assert "no entry" in message(HEAD + ROOT + 'dependencies = [{ name = "gone" }]\n')
    twice = package("two", "1") + package("two", "2")
    assert "several entries" in message(HEAD + ROOT + 'dependencies = [{ name = "two" }]' + twice)
    assert "no project" in message(HEAD + package("one"))
    wrong = message(HEAD + "package = 3\n")
    assert "'package'" in wrong
    assert "uv.lock:1" in message("version = = 1\n")
    bad = ROOT + 'dependencies = [{ name = "one", marker = "python ~ 3" }]\n' + package("one")
    assert "is no marker" in message(HEAD + bad)
    version = ROOT + 'dependencies = [{ name = "one" }]\n' + package("one", "one point two")
    assert "uv.lock:12: one has 'one point two'" in message(HEAD + version)
