"""The runtime on the Python that runs the tests, which may have a GIL."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ungil
from ungil.runtime import distribution_of

SOURCES = Path(__file__).parents[2] / "src"
FREE_THREADED = getattr(sys, "_is_gil_enabled", lambda: True)() is False

gil_enabled_build = pytest.mark.skipif(FREE_THREADED, reason="is about GIL-enabled builds")


def bare(code, *options):
    """Run code in an interpreter without site-packages."""
    path = f"import sys; sys.path.insert(0, {str(SOURCES)!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", *options, "-c", path + code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_bare_interpreter_can_import_it_and_it_imports_next_to_nothing():
    # `os` is what `site` would have imported.
    code = """
import os
before = set(sys.modules)
import ungil
with ungil.guard():
    pass
new = {name for name in set(sys.modules) - before if name.partition('.')[0] != 'ungil'}
small = {'__future__', 'warnings', '_py_warnings', '_contextvars', '_interpreters'}
print(sorted(new - small))
"""
    assert bare(code) == "[]"


@gil_enabled_build
def test_the_status_of_a_gil_enabled_build():
    status = ungil.gil_status()
    assert (status.free_threaded_build, status.enabled) == (False, True)
    assert (status.forced_by, status.switch) == (None, None)
    assert str(status) == "this is a GIL-enabled build: the GIL is always on"


@gil_enabled_build
def test_a_gil_enabled_build_cannot_do_without():
    with pytest.raises(ungil.GilEnabledError, match="ungil python install"):
        ungil.require_free_threading()


@gil_enabled_build
@pytest.mark.parametrize("on_gil", ["fail", "warn"])
def test_there_the_guard_lets_everything_pass(on_gil, recwarn):
    @ungil.guard(on_gil)
    def decorated():
        return 7

    with ungil.guard(on_gil) as entered:
        assert decorated() == 7
    assert isinstance(entered, ungil.guard)
    assert not recwarn.list


def test_the_guard_knows_what_it_can_do():
    with pytest.raises(ValueError, match="'fail' or 'warn', not 'report'"):
        ungil.guard("report")


def test_whether_it_is_free_threaded_agrees_with_sysconfig():
    code = """
import sysconfig
from ungil.runtime.status import FREE_THREADED_BUILD
print(FREE_THREADED_BUILD is bool(sysconfig.get_config_var('Py_GIL_DISABLED')))
"""
    assert bare(code) == "True"


def install(folder, name, version, *files):
    """A distribution as installers leave it."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    quoted = [f'"{f}"' if "," in f else f for f in files]
    lines = [f"{f},sha256=x,1" for f in (*quoted, f"{info.name}/RECORD")]
    (info / "RECORD").write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))


def test_the_distribution_that_installed_a_file(tmp_path):
    site = tmp_path / "site-packages"
    install(site, "demo", "1.0", "demo/__init__.py", "demo/_core.so")
    install(site, "Zope.Interface_x", "2.0rc1", "zope/interface/_c.so")
    assert distribution_of(str(site / "demo" / "_core.so")) == ("demo", "1.0")
    assert distribution_of(str(site / "zope/interface/_c.so")) == ("zope-interface-x", "2.0rc1")
    assert distribution_of(str(site / "demo" / "other.so")) is None
    assert distribution_of(str(site / "core.so")) is None


def test_a_file_built_in_place_belongs_to_none(tmp_path):
    assert distribution_of(str(tmp_path / "demo" / "_core.so")) is None


@pytest.mark.parametrize("record", [b"", b"\xff\xfe\x00", b"demo/_core.so", b"\n" * 10_000])
def test_a_broken_record_lists_nothing(tmp_path, record):
    install(tmp_path, "demo", "1.0")
    (tmp_path / "demo-1.0.dist-info" / "RECORD").write_bytes(record)
    assert distribution_of(str(tmp_path / "demo" / "_core.so")) is None


NAMES = st.text(
    st.characters(exclude_characters='/\\"\r\n', codec="utf-8", exclude_categories=["Cc"]),
    min_size=1,
    max_size=12,
).filter(lambda name: name.strip(". ") == name)


@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=4))
def test_only_the_very_path_is_found(tmp_path_factory, listed, asked):
    site = tmp_path_factory.mktemp("site")
    install(site, "demo", "1.0", "/".join(listed))
    found = distribution_of(str(site.joinpath(*asked)))
    assert (found == ("demo", "1.0")) is (listed == asked)
