"""Whether the build configuration stands in the way of free-threaded wheels.

The limited API: before 3.15 the headers of a free-threaded build refuse
`Py_LIMITED_API` (Include/Python.h), setuptools refuses `py_limited_api` of
`bdist_wheel` (setuptools/command/bdist_wheel.py), and meson-python refuses
`limited-api` (mesonpy/__init__.py). scikit-build-core's `wheel.py-api`,
nanobind's `STABLE_ABI` and PyO3's `abi3` features are set aside by their tools
on such a build, and so are no findings.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from typing import Any

from ungil import rules
from ungil.findings import Evidence, Finding, Location
from ungil.sources.c_source import HEADERS, CSource
from ungil.sources.cibuildwheel import NEWEST, Run, builds
from ungil.sources.model import UnreadableError
from ungil.sources.requirements import table
from ungil.sources.script import BuildCall, flat, truth
from ungil.sources.tree import SourceFile

__all__ = ["in_call", "in_pyproject", "in_setup_cfg", "in_source", "setup_cfg", "wheels"]

_REMEDY = {
    "setuptools": (
        'Make it depend on the build: py_limited_api=not get_config_var("Py_GIL_DISABLED").'
    ),
    "bdist_wheel": (
        "Pass it in setup.py, and only where sysconfig.get_config_var('Py_GIL_DISABLED') is not 1."
    ),
    "meson-python": (
        "Build the free-threaded wheels with -Csetup-args=-Dpython.allow_limited_api=false."
    ),
    "macro": "Define it only #ifndef Py_GIL_DISABLED.",
}


def _finding(what: str, by: str, at: Location) -> Finding:
    return Finding(
        rules.LIMITED_API_BUILD,
        at.path,
        f"{what} asks for the limited API, which a free-threaded 3.14 does not have.",
        _REMEDY[by],
        at,
        Evidence.DECLARATION,
    )


def in_call(calls: list[BuildCall]) -> Iterator[Finding]:
    """In a `setup.py`, as it runs on a free-threaded 3.14."""
    for call in calls:
        keywords = call.keywords
        if call.name.endswith("Extension") and call.name != "RustExtension":
            macros = flat(keywords.get("define_macros", []))
            if truth(keywords.get("py_limited_api", False)):
                yield _finding("py_limited_api", "setuptools", call.location)
            elif "Py_LIMITED_API" in [m for m in macros if isinstance(m, str)]:
                yield _finding("Py_LIMITED_API", "setuptools", call.location)
        options = table(keywords.get("options"), "bdist_wheel")
        if call.name == "setup" and truth(options.get("py_limited_api", False)):
            yield _finding("py_limited_api of bdist_wheel", "bdist_wheel", call.location)


def in_pyproject(file: SourceFile, pyproject: dict[str, Any]) -> Iterator[Finding]:
    """In a `pyproject.toml`."""
    at = Location(file.label)
    wheel = table(pyproject, "tool", "distutils", "bdist_wheel")
    if wheel.get("py-limited-api") or wheel.get("py_limited_api"):
        yield _finding("py-limited-api of bdist_wheel", "bdist_wheel", at)
    if table(pyproject, "tool", "meson-python").get("limited-api") is True:
        yield _finding("limited-api of meson-python", "meson-python", at)


def setup_cfg(file: SourceFile) -> configparser.RawConfigParser:
    """A `setup.cfg`.

    Raises:
        UnreadableError: It cannot be read, or is no such file.
    """
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(file.text())
    except configparser.Error as error:
        raise UnreadableError(str(error).splitlines()[0]) from None
    return parser


def in_setup_cfg(file: SourceFile, parser: configparser.RawConfigParser) -> Iterator[Finding]:
    """In a `setup.cfg`."""
    for section in ("bdist_wheel", "wheel"):
        for name in ("py_limited_api", "py-limited-api"):
            if parser.get(section, name, fallback=""):
                yield _finding(f"{name} of bdist_wheel", "bdist_wheel", Location(file.label))


def in_source(source: CSource) -> Iterator[Finding]:
    """In a C source that defines the macro itself, whatever the build."""
    known = source.conditional
    surely = "Py_LIMITED_API" in known.macros and "Py_LIMITED_API" not in known.doubted
    if surely and source.file.suffix not in HEADERS:
        at = Location(source.file.label)
        yield _finding("The definition of Py_LIMITED_API", "macro", at)


def wheels(
    runs: list[Run], file: SourceFile | None, pyproject: dict[str, Any]
) -> Iterator[Finding | str]:
    """Whether cibuildwheel makes a free-threaded wheel in any of its runs.

    Yields:
        A finding if it makes none; a note where that is not known.
    """
    if not runs and file is not None and table(pyproject, "tool", "cibuildwheel"):
        runs = [Run(NEWEST, {}, Location(file.label))]
    answers = [builds(run, pyproject) for run in runs]
    if not runs or True in answers:
        return
    if None in answers:
        at = runs[answers.index(None)].location
        yield f"Which wheels cibuildwheel makes is known only when {at} runs."
        return
    old = all(run.version.major < 3 for run in runs)
    message = (
        f"cibuildwheel {runs[0].version} has no free-threaded Python that is supported."
        if old
        else "cibuildwheel is configured to make no wheel for a free-threaded 3.14 or later."
    )
    remedy = (
        "Use cibuildwheel 3.1 or later."
        if old
        else "Let cp314t (and cp315t) through `build`, `skip` and requires-python."
    )
    at = runs[0].location
    yield Finding(rules.NO_FREE_THREADED_BUILD, at.path, message, remedy, at, Evidence.DECLARATION)
