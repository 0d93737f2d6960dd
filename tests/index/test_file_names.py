"""File names: agreement with `packaging`, and what it does not accept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from ungil.index.names import (
    candidates,
    normalise,
    split_sdist,
    split_wheel,
    stem_of_sdist,
    version_of,
)

letters = "abzAZ09_."
names = st.text(letters, min_size=1, max_size=8)
versions = st.from_regex(
    r"([0-9]{1,2}!)?[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|b|rc|alpha|-|_|\.)?[0-9]{1,2})?"
    r"(\.post[0-9])?(\.dev[0-9])?(\+[a-z0-9]{1,4}([._][a-z0-9]{1,3})?)?",
    fullmatch=True,
)
tags = st.sampled_from(["cp314-cp314t-win_amd64", "py2.py3-none-any", "cp38-abi3-linux_x86_64.any"])
builds = st.sampled_from(["", "", "-1", "-2_abc", "-x1"])


@given(names, versions, builds, tags)
def test_wheels_as_packaging_reads_them(name: str, version: str, build: str, tag: str) -> None:
    filename = f"{name}-{version}{build}-{tag}.whl"
    parts = split_wheel(filename)
    try:
        expected_name, expected_version, _, expected_tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return
    assert parts is not None
    assert normalise(parts[0]) == expected_name
    assert version_of(parts[1]) == expected_version
    assert parts[2] == tag
    assert expected_tags


@given(names, versions, st.sampled_from([".tar.gz", ".zip"]))
def test_sdists_as_packaging_reads_them(name: str, version: str, suffix: str) -> None:
    filename = f"{name}-{version}{suffix}"
    try:
        expected_name, expected_version = parse_sdist_filename(filename)
    except InvalidSdistFilename:
        return
    found = split_sdist(filename, expected_name)
    assert found is not None
    assert version_of(found) == expected_version
    assert expected_name in candidates(filename)


@given(st.text(max_size=40))
def test_no_name_is_too_strange(text: str) -> None:
    for filename in (text, f"{text}.whl", f"{text}.tar.gz", f"a-{text}.zip"):
        split_wheel(filename)
        split_sdist(filename, "a")
        candidates(filename)
    assert normalise(text) == canonicalize_name(text)


@pytest.mark.parametrize(
    ("filename", "project", "version"),
    [
        ("apsw-3.9.2-r1.tar.gz", "apsw", "3.9.2.post1"),
        ("zope.interface-5.0.zip", "zope-interface", "5.0"),
        ("zope_-.interface-5.0.tgz", "zope-interface", "5.0"),
        ("foo-bar-1.0.tar.bz2", "foo-bar", "1.0"),
    ],
)
def test_sdists_of_before_pep_625(filename: str, project: str, version: str) -> None:
    text = split_sdist(filename, project)
    assert text is not None
    assert version_of(text) == Version(version)


@pytest.mark.parametrize(
    "filename",
    [
        "foo-1.0.whl",
        "foo-1.0-py3-none-any-x-y.whl",
        "foo-1.0-x-py3-none-any.whl",
        "a__b-1-c-d-e.whl",
    ],
)
def test_what_only_looks_like_a_wheel(filename: str) -> None:
    assert split_wheel(filename) is None


def test_a_version_with_too_many_digits_is_none() -> None:
    assert version_of("9" * 5000) is None
    assert version_of("nightly") is None
    assert stem_of_sdist("foo-1.0.exe") is None
