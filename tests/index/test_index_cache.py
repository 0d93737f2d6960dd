"""The cache survives whatever happens to it, and to who writes it."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from opener import Opener

from loopback import LoopbackIndex
from ungil.cache import Cache, Shelf
from ungil.index.model import Metadata

BODY = b"x" * 5000
FORM = "test-1"


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    cache = Cache(tmp_path, FORM)
    assert cache.read("pages", "key") is None
    cache.write("pages", "key", BODY)
    assert bytes(cache.read("pages", "key") or b"") == BODY
    assert cache.read("other", "key") is None
    assert cache.warning is None


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    Cache(tmp_path / "a" / "b", FORM).write("pages", "key", BODY)
    for path in (tmp_path / "a" / "b").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600)
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:3],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:100] + b"?" + data[101:],
        lambda data: b"not at all what is written here",
    ],
)
def test_a_damaged_entry_counts_for_nothing_and_is_rewritten(
    server: LoopbackIndex, opened: Opener, tmp_path: Path, damage: object
) -> None:
    server.add("spam", "spam-1.0-py3-none-any.whl")
    known = opened(server.url).project("spam")
    [entry] = entries(tmp_path / "cache")
    good = entry.read_bytes()
    entry.write_bytes(damage(good))  # type: ignore[operator]
    assert opened(server.url).project("spam") == known
    assert opened(server.url).project("spam") == known
    assert server.total == 2


def test_an_entry_of_another_shape_counts_for_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path, FORM)
    cache.write("metadata", "key", b"\x93\x01\x02\x03")
    assert Shelf(cache, "metadata", Metadata).get("key") is None


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ungil.cache import Cache\n"
        f"cache = Cache(Path({str(tmp_path)!r}), {FORM!r})\n"
        "for n in range(400):\n"
        "    body = bytes([n % 256]) * 20000\n"
        "    cache.write('pages', 'key', body)\n"
        "    seen = cache.read('pages', 'key')\n"
        "    assert seen is not None and len(set(seen)) == 1, 'torn'\n"
        "assert cache.warning is None"
    )
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(entries(tmp_path)) == 1


def test_a_writer_killed_at_any_time_leaves_a_whole_entry(tmp_path: Path) -> None:
    code = (
        "import itertools; from pathlib import Path; from ungil.cache import Cache\n"
        f"cache = Cache(Path({str(tmp_path)!r}), {FORM!r})\n"
        "for n in itertools.count():\n"
        "    cache.write('pages', 'key', bytes([n % 256]) * 300_000)\n"
        "    if not n: print('ready', flush=True)"
    )
    for delay in (0.0, 0.003, 0.007, 0.011, 0.02, 0.031):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.01 + delay)
            process.send_signal(signal.SIGKILL)
        seen = Cache(tmp_path, FORM).read("pages", "key")
        assert seen is not None
        assert len(seen) == 300_000
        assert len(set(bytes(seen))) == 1


def test_what_a_killed_writer_left_is_cleared_away(tmp_path: Path) -> None:
    Cache(tmp_path, FORM).write("pages", "key", BODY)
    [entry] = entries(tmp_path)
    old, new = entry.with_name("old.tmp"), entry.with_name("new.tmp")
    for litter in (old, new):
        litter.touch()
    os.utime(old, (1, 1))
    Cache(tmp_path, FORM).write("pages", "other", BODY)
    assert not old.exists()
    assert new.exists()  # somebody may be writing it


def one_warning(server: LoopbackIndex, opened: Opener, cache_dir: Path) -> str:
    for name in ("spam", "eggs"):
        server.add(name, f"{name}-1.0.tar.gz")
    index = opened(server.url, cache_dir=cache_dir)
    for name in ("spam", "eggs"):
        assert index.project(name).releases
    warning: str
    [warning] = index.warnings
    assert warning.isprintable()
    return warning


def test_a_file_where_the_directory_should_be(
    server: LoopbackIndex, opened: Opener, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in one_warning(server, opened, tmp_path / "file")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_directory_that_cannot_be_made(server: LoopbackIndex, opened: Opener) -> None:
    one_warning(server, opened, Path("/proc/self/cache"))


def test_a_read_only_cache_is_still_read(
    server: LoopbackIndex, opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add("spam", "spam-1.0.tar.gz")
    opened(server.url).project("spam")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    index = opened(server.url)
    assert index.project("spam").releases
    assert (server.total, index.warnings) == (1, ())
    refreshing = opened(server.url, refresh=True)
    assert refreshing.project("spam").releases
    assert "Read-only file system" in refreshing.warnings[0]


def test_a_full_disk(server: LoopbackIndex, opened: Opener, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # With SIGXFSZ ignored, as CPython does, a write beyond the limit fails.
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        one_warning(server, opened, tmp_path / "cache")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert entries(tmp_path / "cache") == []
