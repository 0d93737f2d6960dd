"""One project, locked by every tool: what is selected may not depend on the format."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from project_support import LINUX, LOCKS, WINDOWS, pinned, select

MAIN = {
    "anyio": "4.16.0",
    "attrs": "26.1.0",
    "certifi": "2026.10.18",
    "cffi": "2.1.1",
    "click": "8.5.1",
    "h11": "0.16.0",
    "h2": "4.4.1",
    "hpack": "4.2.0",
    "httpcore": "1.0.9",
    "httpx": "0.28.1",
    "hyperframe": "6.1.0",
    "idna": "3.20",
    "jinja2": "3.1.6",
    "markupsafe": "3.0.4",
    "numpy": "2.5.5",
    "pycparser": "3.12",
    "pyyaml": "6.0.3",
    "typing-extensions": "4.16.0",
}
PLOT = {"contourpy": "1.4.0"}
DEV = {
    "freezegun": "1.5.5",
    "iniconfig": "2.3.1",
    "packaging": "26.3",
    "pluggy": "1.7.0",
    "pygments": "2.21.0",
    "pytest": "9.2.0",
    "python-dateutil": "4.0.0",
    "tzdata": "2026.6",
}
DIRECT = {"attrs", "cffi", "click", "httpx", "jinja2", "numpy", "pyyaml"}


@dataclass(frozen=True)
class Lock:
    """How to ask one format for the same thing."""

    path: str
    plot: tuple[str, tuple[str, ...], tuple[str, ...]] | None
    dev: tuple[str, tuple[str, ...]] | None
    tells_direct: bool = True
    tells_parents: bool = True

    def __str__(self) -> str:
        return self.path


def _tool(path: str, *groups: str) -> Lock:
    return Lock(path, (path, ("plot",), ()), (path, groups or ("dev",)))


LOCK_FILES = [
    _tool("uv"),
    _tool("poetry-2"),
    _tool("poetry-1.8", "dev", "test"),
    _tool("poetry-1.1"),
    _tool("pdm"),
    Lock("pipenv", ("pipenv", (), ("plot",)), ("pipenv", ("develop",)), tells_parents=False),
    Lock(
        "pylock-pdm",
        ("pylock-pdm", ("plot",), ()),
        ("pylock-pdm", ("dev",)),
        tells_direct=False,
        tells_parents=False,
    ),
    # uv and pip write no extras and groups into a pylock.toml, but one for each choice.
    Lock("pylock-uv", None, None, tells_direct=False, tells_parents=False),
    Lock(
        "requirements/requirements.txt",
        ("requirements/requirements-plot.txt", (), ()),
        ("requirements/requirements-dev.txt", ()),
    ),
]
WITH_PLOT = [lock for lock in LOCK_FILES if lock.plot]


@pytest.mark.parametrize("lock", LOCK_FILES, ids=str)
def test_without_extras_and_groups(lock: Lock) -> None:
    linux = select(LOCKS, lock.path, LINUX, groups=())
    windows = select(LOCKS, lock.path, WINDOWS, groups=())
    assert pinned(linux) == MAIN
    assert pinned(windows) == {**MAIN, "pywin32": "312"}
    assert not linux.unindexed
    assert not linux.wanted


def test_pip_locks_for_one_environment_only() -> None:
    assert pinned(select(LOCKS, "pylock-pip", LINUX)) == MAIN


@pytest.mark.parametrize("lock", WITH_PLOT, ids=str)
def test_with_an_extra(lock: Lock) -> None:
    assert lock.plot
    path, extras, groups = lock.plot
    assert pinned(select(LOCKS, path, LINUX, extras=extras, groups=groups)) == {**MAIN, **PLOT}


@pytest.mark.parametrize("lock", WITH_PLOT, ids=str)
def test_with_a_group(lock: Lock) -> None:
    assert lock.dev
    path, groups = lock.dev
    assert pinned(select(LOCKS, path, LINUX, groups=groups)) == {**MAIN, **DEV}
    assert pinned(select(LOCKS, path, WINDOWS, groups=groups)) == {
        **MAIN,
        **DEV,
        "pywin32": "312",
        "colorama": "0.4.6",
    }


@pytest.mark.parametrize("lock", LOCK_FILES, ids=str)
def test_direct_and_parents(lock: Lock) -> None:
    pins = {pin.name: pin for pin in select(LOCKS, lock.path, groups=()).pins}
    if lock.tells_direct:
        assert {name for name, pin in pins.items() if pin.direct} == DIRECT
        assert {name for name, pin in pins.items() if pin.direct is False} == set(MAIN) - DIRECT
    else:
        assert {pin.direct for pin in pins.values()} == {None}
    if lock.tells_parents:
        assert pins["idna"].required_by == ("anyio", "httpx")
        assert pins["h2"].required_by == ("httpx",)  # through its extra
        assert pins["numpy"].required_by == ()
        assert pins["pycparser"].required_by == ("cffi",)
    else:
        assert {pin.required_by for pin in pins.values()} == {()}


@pytest.mark.parametrize("lock", LOCK_FILES, ids=str)
def test_files_hashes_and_lines(lock: Lock) -> None:
    selection = select(LOCKS, lock.path, groups=())
    pins = {pin.name: pin for pin in selection.pins}
    wheel = "c66ae634e0b8228396b801741beb3294326d4b6102f7bba4041c0dfb58c29026"
    sdist = "59bb03251907983d1603d27c3087ddb1e93299ea2163adcdba37899a4fb12ffb"
    assert pins["anyio"].hashes == {wheel, sdist}
    if pins["anyio"].files is not None:
        assert sorted(pins["anyio"].files) == [
            "anyio-4.16.0-py3-none-any.whl",
            "anyio-4.16.0.tar.gz",
        ]
        assert any("cp314-cp314t-win_amd64" in name for name in pins["numpy"].files or ())
    for pin in pins.values():
        assert pin.location
        assert pin.location.line
        lines = (LOCKS / pin.location.path).read_text("utf-8").splitlines()
        said = lines[pin.location.line - 1].lower().replace("_", "-")
        assert pin.name in said


def test_requires_python() -> None:
    assert select(LOCKS, "uv").requires_python == ">=3.13"
    assert select(LOCKS, "poetry-2").requires_python == ">=3.13"
    assert select(LOCKS, "poetry-1.1").requires_python == ">=3.13,<4"
    assert select(LOCKS, "pdm").requires_python == ">=3.13"
    assert select(LOCKS, "pylock-uv").requires_python == ">=3.13"
    assert select(LOCKS, "pipenv").requires_python == "==3.13.*"


def test_default_groups_are_those_of_each_tool() -> None:
    assert pinned(select(LOCKS, "uv")) == {**MAIN, **DEV}
    assert pinned(select(LOCKS, "poetry-2")) == {**MAIN, **DEV}
    assert pinned(select(LOCKS, "poetry-1.1")) == {**MAIN, **DEV}
    assert pinned(select(LOCKS, "pdm")) == {**MAIN, **DEV}
    assert pinned(select(LOCKS, "pipenv")) == MAIN
    assert pinned(select(LOCKS, "pylock-pdm")) == MAIN


@pytest.mark.parametrize("folder", ["uv", "poetry-2", "poetry-1.8"])
def test_the_pyproject_itself_is_to_be_resolved(folder: str) -> None:
    selection = select(LOCKS, f"{folder}/pyproject.toml", WINDOWS, extras=("plot",))
    assert not selection.pins
    wanted = {w.requirement.partition(">")[0].partition("~")[0] for w in selection.wanted}
    assert wanted == {*DIRECT - {"httpx"}, "httpx[http2]", "pywin32", "contourpy"}
    for one in selection.wanted:
        assert one.location
        assert one.location.line
        line = (LOCKS / one.location.path).read_text().splitlines()[one.location.line - 1]
        assert one.requirement[:4] in line
