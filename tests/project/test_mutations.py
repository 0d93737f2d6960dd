"""Real locks, broken in every way: refused in one line or read, never a traceback."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version
from project_support import LINUX, LOCKS, WINDOWS

from ungil.project import SubjectError, read

PATHS = [
    "uv/uv.lock",
    "uv-forks/uv.lock",
    "poetry-2/poetry.lock",
    "poetry-1.8/poetry.lock",
    "poetry-1.1/poetry.lock",
    "pdm/pdm.lock",
    "pipenv/Pipfile.lock",
    "pylock-uv/pylock.toml",
    "pylock-pdm/pylock.toml",
    "uv/pyproject.toml",
    "poetry-1.8/pyproject.toml",
    "requirements/requirements.txt",
]
# Every example writes the same files anew, so that one folder does for all.
SETTINGS = settings(
    deadline=None,
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FILE = re.compile(r'^ *(\{.*(url|file|hash) ?=|"sha256:|--hash).*\n', re.MULTILINE)


@functools.cache
def short(path: str) -> str:
    """The file with one in eight of its lines about files: the rest is more of the same."""
    count = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        # The last of a JSON array or of continued lines is the one without a comma.
        last = not match[0].rstrip().endswith((",", "\\", "},"))
        return match[0] if last or count % 8 == 0 else ""

    return FILE.sub(keep, (LOCKS / path).read_text("utf-8"))


def survive(folder: Path, path: str, content: bytes) -> None:
    source = LOCKS / path
    (folder / source.name).write_bytes(content)
    if source.name in {"poetry.lock", "pdm.lock"}:
        (folder / "pyproject.toml").write_bytes((source.parent / "pyproject.toml").read_bytes())
    try:
        subject = read(source.name, cwd=folder)
    except SubjectError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017
        return
    for environment in (LINUX, WINDOWS):
        try:
            selection = subject.select(environment, groups=frozenset())
        except SubjectError as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017
            continue
        for pin in selection.pins:
            assert pin.name == canonicalize_name(pin.name)
            assert pin.version == str(Version(pin.version))
            assert pin.files is None or all(isinstance(name, str) for name in pin.files)
            assert all(isinstance(digest, str) for digest in pin.hashes)


@pytest.mark.parametrize("path", PATHS)
def test_the_short_form_still_says_the_same(path: str, tmp_path: Path) -> None:
    name = Path(path).name
    (tmp_path / name).write_text(short(path), "utf-8")
    if name in {"poetry.lock", "pdm.lock"}:
        project = (LOCKS / path).parent / "pyproject.toml"
        (tmp_path / "pyproject.toml").write_bytes(project.read_bytes())
    cut = read(name, cwd=tmp_path).select(LINUX)
    whole = read(path, cwd=LOCKS).select(LINUX)
    assert [p.name for p in cut.pins] == [p.name for p in whole.pins]
    assert len(cut.wanted) == len(whole.wanted)


@pytest.mark.parametrize("path", PATHS)
@SETTINGS
@given(data=st.data())
def test_truncated(path: str, data: st.DataObject, tmp_path: Path) -> None:
    content = short(path).encode()
    survive(tmp_path, path, content[: data.draw(st.integers(0, len(content)))])


@pytest.mark.parametrize("path", PATHS)
@SETTINGS
@given(data=st.data())
def test_spliced(path: str, data: st.DataObject, tmp_path: Path) -> None:
    content = short(path).encode()
    start = data.draw(st.integers(0, len(content)))
    end = min(len(content), start + data.draw(st.integers(0, 60)))
    pieces = st.sampled_from([b"", b'"', b"[", b"]]", b"\n", b"= 1", b"{}", b"\\", b"'", b"\xff"])
    inserted = data.draw(st.one_of(st.binary(max_size=8), pieces))
    survive(tmp_path, path, content[:start] + inserted + content[end:])


ODD: list[Any] = [
    *(0, -1, 1.5, True, "", "x", "==", "../..", "a" * 300, "9" * 5000, "\x00", "é"),
    *([], [[]], {}, {"": ""}, {"name": 1}, ["x"], [{"name": "numpy"}], "extra == 'x'", "*"),
    *("https://[", "sha256:", "numpy[", "python_version < 'x'", "(" * 400, "^1 || ^^", {"a": []}),
]


def nodes(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside `value`."""
    found = [way] if way else []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in items:
        if isinstance(child, dict | list):
            found += nodes(child, (*way, key))
        else:
            found.append((*way, key))
    return found


def written(path: str) -> tuple[Callable[[str], Any], Callable[[Any], bytes]]:
    if path.endswith("Pipfile.lock"):
        return msgspec.json.decode, msgspec.json.encode
    return lambda text: tomlkit.parse(text).unwrap(), lambda value: tomlkit.dumps(value).encode()


@functools.cache
def structure(path: str) -> tuple[bytes, list[tuple[Any, ...]]]:
    parse, _ = written(path)
    value = parse(short(path))
    return msgspec.msgpack.encode(value), nodes(value)


@pytest.mark.parametrize("path", [path for path in PATHS if not path.endswith(".txt")])
@SETTINGS
@given(data=st.data())
def test_of_another_shape(path: str, data: st.DataObject, tmp_path: Path) -> None:
    packed, ways = structure(path)
    value = msgspec.msgpack.decode(packed)
    # A few levels deep are the keys that mean something.
    *way, last = data.draw(st.sampled_from(ways))
    container = value
    for key in way:
        container = container[key]
    if data.draw(st.booleans()) and isinstance(container, dict):
        del container[last]
    else:
        container[last] = data.draw(st.sampled_from(ODD))
    survive(tmp_path, path, written(path)[1](value))
