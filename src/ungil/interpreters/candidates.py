"""Which programs of this machine may be interpreters; none of them is run.

findpython knows where version managers, installers and the Windows registry
put interpreters, and its providers name files without starting any. What it
leaves out is added here: broken links, the framework of free-threaded builds
on macOS, and the environments that conda knows.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ungil.interpreters.programs import search_path
from ungil.target import PythonVersion

if TYPE_CHECKING:
    from findpython.providers.base import BaseProvider

__all__ = ["Candidate", "candidates", "identity"]

# What lies in the folders of interpreters besides them: python3-config,
# python3.14-gdb.py, pythonw.exe, python.bat.
_NAME = re.compile(
    r"(?:python|pypy)(?:(\d)(?:\.(\d+))?)?(t?)d?m?(?:-[\d.]+)?(?:\.exe)?", re.IGNORECASE
)

# A folder of this name holds launchers of a version manager (pyenv, asdf,
# mise, Rye), which start what lies beside it in one of the others.
_LAUNCHERS = "shims"
_BESIDE_LAUNCHERS = ("versions", "installs", "py")

_PYTHON_T = Path("/Library/Frameworks/PythonT.framework/Versions")

# Apple's starts a dialogue for installing the developer tools where they are
# missing (xcode-select), and is an interpreter where they are not.
_APPLE = Path("/usr/bin/python3")
_APPLE_TOOLS = (Path("/Library/Developer/CommandLineTools"), Path("/Applications/Xcode.app"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program that may be an interpreter.

    Attributes:
        path: Its most specific name, e.g. `/usr/bin/python3.14t`.
        is_script: It starts with `#!`: what it does depends on more than its
            file.
        broken: It is a link that leads nowhere.
    """

    path: Path
    is_script: bool = False
    broken: bool = False


def candidates(python: PythonVersion | None = None) -> list[Candidate]:
    """Every program that may be an interpreter, one for each, as PATH has them.

    Args:
        python: Leave out those whose names say that they are of another series.
    """
    groups: dict[tuple[object, ...], list[Path]] = {}
    for path in _paths():
        groups.setdefault(identity(path), []).append(path)
    best = [max(paths, key=_precision) for paths in groups.values()]
    return [_candidate(path) for path in best if python is None or _may_be(path, python)]


def identity(path: Path) -> tuple[object, ...]:
    """The same for two names if they are the same interpreter.

    A virtual environment is an interpreter of its own, though its program is
    a link. Otherwise it is the file that links lead to, but not wherever it
    lies: conda links one file into several environments, and CPython's own
    `make install` links python3.14 to python3.14t within one folder.
    """
    for folder in (path.parent, path.parent.parent):
        if (folder / "pyvenv.cfg").is_file():
            return ("environment", os.path.realpath(folder))
    real = os.path.realpath(path)
    try:
        return (Path(real).parent, Path(real).stat().st_ino)
    except OSError:
        return ("broken", path)


def _paths() -> Iterator[Path]:
    """What may be an interpreter, by all its names, those of PATH first."""
    managers: list[Path] = []
    for folder in search_path():
        if folder.name == _LAUNCHERS and any(
            (folder.parent / name).is_dir() for name in _BESIDE_LAUNCHERS
        ):
            # Starting each to see what it leads to would be slow, and most
            # lead nowhere as long as their version is not the selected one.
            managers.append(folder.parent)
        else:
            yield from _in_folder(folder)
    for path in _installed(managers):
        if _NAME.fullmatch(path.name) and os.access(path, os.X_OK):
            yield path
    # Last, because where ungil has an environment of its own (pipx, uv tool),
    # that is nobody else's; where it does not, PATH has the environment.
    if sys.executable:
        yield Path(getattr(sys, "_base_executable", None) or sys.executable)
        yield Path(sys.executable)


def _in_folder(folder: Path) -> Iterator[Path]:
    # Not findpython's provider for PATH: it leaves out broken links, and
    # takes files that may not be executed.
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    for path in paths:
        if not _NAME.fullmatch(path.name) or _is_apples_dialogue(path):
            continue
        with suppress(OSError):
            if (path.is_symlink() and not path.exists()) or (
                path.is_file() and os.access(path, os.X_OK)
            ):
                yield path


def _installed(managers: Iterable[Path]) -> Iterator[Path]:
    """What version managers and installers have put where it is not on PATH."""
    from findpython.providers.asdf import AsdfProvider  # noqa: PLC0415 - only some runs search
    from findpython.providers.macos import MacOSProvider  # noqa: PLC0415 - likewise
    from findpython.providers.pyenv import PyenvProvider  # noqa: PLC0415 - likewise
    from findpython.providers.rye import RyeProvider  # noqa: PLC0415 - likewise
    from findpython.providers.uv import UvProvider  # noqa: PLC0415 - likewise
    from findpython.providers.winreg import WinregProvider  # noqa: PLC0415 - likewise

    makers: list[Callable[[], BaseProvider | None]] = [
        PyenvProvider.create,
        AsdfProvider.create,
        RyeProvider.create,
        UvProvider.create,
        WinregProvider.create,
        MacOSProvider.create,
    ]
    for root in managers:
        # mise puts them where asdf does.
        makers += [partial(PyenvProvider, root), partial(AsdfProvider, root)]
        makers.append(partial(RyeProvider, root / "py"))
    for make in makers:
        found: list[Path] = []
        # A folder that may not be read, a registry that is damaged, a user
        # without a home.
        with suppress(OSError, RuntimeError):
            provider = make()
            for python in provider.find_pythons() if provider is not None else ():
                found.append(python.executable)  # noqa: PERF401 - what came before an error counts
        yield from sorted(found)
    if _PYTHON_T.is_dir():
        yield from sorted(_PYTHON_T.glob("*/bin/python3.*t"))
    yield from _conda_environments()


def _conda_environments() -> Iterator[Path]:
    # conda, mamba and micromamba keep a list (conda.core.envs_manager).
    try:
        text = Path("~/.conda/environments.txt").expanduser().read_text("utf-8")
    except (OSError, ValueError, RuntimeError):
        return
    program = "python.exe" if sys.platform == "win32" else "bin/python"
    for line in text.splitlines():
        folder = Path(line.strip())
        if folder.is_absolute() and "\0" not in line and (folder / program).is_file():
            yield folder / program


def _is_apples_dialogue(path: Path) -> bool:
    return (
        sys.platform == "darwin"
        and path == _APPLE
        and not any(tools.is_dir() for tools in _APPLE_TOOLS)
    )


def _precision(path: Path) -> int:
    """How much a name says; of `python`, `python3` and `python3.14t` the last one most."""
    match = _NAME.fullmatch(path.name)
    return 0 if match is None else sum(bool(part) for part in match.groups())


def _may_be(path: Path, python: PythonVersion) -> bool:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return True
    major, minor, _ = match.groups()
    return major in {None, str(python.major)} and minor in {None, str(python.minor)}


def _candidate(path: Path) -> Candidate:
    try:
        with path.open("rb") as file:
            return Candidate(path, is_script=file.read(2) == b"#!")
    except OSError:
        return Candidate(path, broken=path.is_symlink() and not path.exists())
