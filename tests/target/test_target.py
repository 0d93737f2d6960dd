"""Targets: what a name means, and which wheel tags fit."""

import contextlib
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import sys_tags

from ungil.target import (
    DEFAULT_VERSIONS,
    Target,
    TargetError,
    local_platform,
    parse_platform,
    parse_python,
)


def target(python="3.14t", platform="linux"):
    return Target(parse_python(python), parse_platform(platform))


@pytest.mark.parametrize(
    ("python", "tag", "fits"),
    [
        ("3.14t", "cp314-cp314t-manylinux_2_17_x86_64.manylinux2014_x86_64", True),
        ("3.14t", "cp314-cp314-manylinux_2_17_x86_64", False),
        ("3.14t", "cp39-abi3-manylinux_2_17_x86_64", False),
        ("3.14t", "cp315-abi3.abi3t-manylinux_2_17_x86_64", False),
        ("3.15t", "cp315-abi3.abi3t-manylinux_2_17_x86_64", True),
        ("3.15t", "cp39-abi3-manylinux_2_17_x86_64", False),
        ("3.15t", "cp314-cp314t-manylinux_2_17_x86_64", False),
        ("3.15t", "cp315t-abi3t-manylinux_2_17_x86_64", False),
        ("3.14", "cp39-abi3-manylinux_2_17_x86_64", True),
        ("3.14t", "py3-none-any", True),
        ("3.14t", "py2.py3-none-manylinux_2_28_x86_64", True),
        ("3.14t", "py3-none-manylinux_2_29_x86_64", False),
        ("3.14t", "cp314-cp314t-musllinux_1_2_x86_64", False),
        ("3.14t", "nonsense", False),
        ("3.14t", "", False),
    ],
)
def test_which_tags_fit(python, tag, fits):
    assert (target(python).rank(tag) is not None) == fits


def test_a_specific_wheel_is_preferred_to_a_general_one():
    linux = target()
    specific = linux.rank("cp314-cp314t-manylinux_2_28_x86_64")
    older = linux.rank("cp314-cp314t-manylinux_2_17_x86_64")
    pure = linux.rank("py3-none-any")
    assert specific is not None
    assert older is not None
    assert pure is not None
    assert specific < older < pure


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("windows", "win_amd64"),
        ("aarch64-pc-windows-msvc", "win_arm64"),
        ("macos", "macosx_11_0_arm64"),
        ("x86_64-apple-darwin", "macosx_10_13_x86_64"),
        ("aarch64-unknown-linux-gnu", "manylinux2014_aarch64"),
        ("x86_64-unknown-linux-musl", "musllinux_1_2_x86_64"),
        ("x86_64-manylinux2014", "manylinux_2_17_x86_64"),
    ],
)
def test_a_platform_takes_its_own_wheels_only(name, tag):
    assert target(platform=name).rank(f"cp314-cp314t-{tag}") is not None
    others = {"linux", "macos", "windows"} - {name}
    assert any(target(platform=o).rank(f"cp314-cp314t-{tag}") is None for o in others)


def test_this_machine_fits_what_packaging_says():
    here = Target(parse_python(f"{sys.version_info[0]}.{sys.version_info[1]}"), local_platform())
    if sys.implementation.name == "cpython" and not getattr(sys, "abiflags", ""):
        assert set(here.tags) == set(sys_tags())


def test_the_name_of_this_machine_can_be_given_again():
    here = local_platform()
    assert parse_platform(here.name).tags[0] in here.tags


@pytest.mark.parametrize("text", ["", "2.7", "3.12t", "3", "3.14x", "cp314z", "3.7"])
def test_a_target_that_never_was_is_refused(text):
    with pytest.raises(TargetError):
        parse_python(text)


@given(st.text())
def test_no_text_breaks_the_parsers(text):
    for parse in (parse_python, parse_platform):
        with contextlib.suppress(TargetError):
            parse(text)


def test_the_defaults_are_free_threaded():
    assert all(parse_python(name).free_threaded for name in DEFAULT_VERSIONS)
