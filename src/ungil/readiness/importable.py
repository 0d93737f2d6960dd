"""Which files of a distribution an interpreter imports, and as which modules.

As CPython's path finder does (`FileFinder` in Lib/importlib/_bootstrap_external.py
and `_imp.extension_suffixes`), for any target from any machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ungil.findings import Module
from ungil.target import Target

__all__ = ["Binary", "importable", "is_free_threaded", "is_worth_reading"]

# PEP 427, "the .data directory": what an installer puts where packages go. The
# other folders hold scripts, headers and data.
_DATA = re.compile(r"[^/]+\.data/(?:(?:platlib|purelib)/)?")

# How the names of modules for any free-threaded build end; the last two are
# found by both kinds of build.
_FREE_THREADED = r"\.(?:cpython-3\d+t(?:-[^./]+)?|cp3\d+t-[^./]+|abi3t(?:-[^./]+)?)"
_WORTH = re.compile(rf"(?:{_FREE_THREADED}|\.abi3)?\.(?:so|pyd)")
_TAGGED = re.compile(rf"{_FREE_THREADED}\.(?:so|pyd)")

_STABLE_ABI = ".abi3.so"
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}  # by the markers' names


@dataclass(frozen=True, slots=True)
class Binary:
    """One compiled file, whoever may import it.

    Attributes:
        path: In the wheel, or below the folder that is searched.
        exported: The modules it exports, by their last name only.
        problem: Why it could not be read; empty if it could.
    """

    path: str
    exported: tuple[Module, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Name:
    """A file's way to an import statement.

    Attributes:
        module: Dotted.
        exported: Its last name as in a symbol, so `__init__` has its package's.
        suffix: What follows the name in the file's.
    """

    module: str
    exported: str
    suffix: str


def is_worth_reading(path: str) -> bool:
    """May a free-threaded build of any version and platform import the file?"""
    name = _name(path)
    return name is not None and _WORTH.fullmatch(name.suffix) is not None


def is_free_threaded(path: str) -> bool:
    """Does the file's name say that only free-threaded builds import it?"""
    name = _name(path)
    return name is not None and _TAGGED.fullmatch(name.suffix) is not None


def importable(binaries: Iterable[Binary], target: Target) -> tuple[Module, ...]:
    """The modules that the target would find, each by its dotted name.

    A binary that does not export the module its name asks for is a library
    for others, or meant for another interpreter.
    """
    found: dict[str, tuple[int, tuple[Module, ...]]] = {}
    for binary in binaries:
        name = _name(binary.path)
        rank = None if name is None else _rank(name.suffix, target)
        if name is None or rank is None:
            continue
        modules = _exporting(binary, name, target)
        # Of several files for one name the first suffix is taken.
        if modules and (name.module not in found or rank < found[name.module][0]):
            found[name.module] = rank, modules
    return tuple(m for _, modules in sorted(found.items()) for m in modules[1])


def _name(path: str) -> _Name | None:
    """None if no import statement leads there."""
    data = _DATA.match(path)
    if data is not None:
        if not data[0].endswith("lib/"):
            return None
        path = path[data.end() :]
    *packages, file = path.split("/")
    stem, dot, rest = file.partition(".")
    # `numpy.libs/` can be no package.
    if not stem or any("." in package for package in packages):
        return None
    if stem == "__init__":
        if not packages:
            return None
        stem = packages.pop()
    # PEP 489; get_encoded_name in Python/importdl.c.
    return _Name(".".join([*packages, stem]), _symbol(stem), dot + rest)


def _symbol(name: str) -> str:
    return name.replace("-", "_")


def _exporting(binary: Binary, name: _Name, target: Target) -> tuple[Module, ...]:
    """The module of that name, once for each machine if it cannot be told which counts."""
    if binary.problem:
        unknown = Module(
            path=binary.path,
            name=name.module,
            machine="",
            declaration="unknown",
            explicit=False,
            initialisation="unknown",
            toolchain=None,
            found_by="",
            reason=binary.problem,
        )
        return (unknown,)
    found = [m for m in binary.exported if _symbol(m.name) == name.exported]
    # `PyModExport_*` comes first where it is known (PEP 793), and is nothing before.
    exports = [m for m in found if m.initialisation == "export"]
    if target.python.minor >= 15:
        found = exports or found
    else:
        found = [m for m in found if m not in exports]
    machine = target.platform.markers["platform_machine"].lower()
    machine = _MACHINES.get(machine, machine)
    found = [m for m in found if m.machine == machine] or found
    named = (replace(m, name=name.module, path=binary.path) for m in found)
    if name.suffix == _STABLE_ABI:
        why = "it was built for the abi3 of GIL-enabled builds, which this Python would misread"
        named = (replace(m, declaration="unknown", found_by="", reason=why) for m in named)
    return tuple(dict.fromkeys(named))


def _rank(suffix: str, target: Target) -> int | None:
    """How early the target looks for it, None if not at all."""
    found = (n for n, pattern in enumerate(_suffixes(target)) if re.fullmatch(pattern, suffix))
    return next(found, None)


def _suffixes(target: Target) -> list[str]:
    """`importlib.machinery.EXTENSION_SUFFIXES` of the target, as patterns.

    From `_PyImport_DynLoadFiletab` in Python/dynload_shlib.c and
    Python/dynload_win.c, and the platform triplets of configure.ac. Until 3.14
    free-threaded builds look for `.abi3.so` as well.
    """
    minor = target.python.minor
    platform = target.platform.markers
    if platform["sys_platform"] == "win32":
        return [rf"\.cp3{minor}t-{re.escape(target.platform.tags[0])}\.pyd", r"\.pyd"]
    triplet = "darwin"
    if platform["sys_platform"] != "darwin":
        machine = platform["platform_machine"]
        # Elsewhere the triplet's name for a machine differs, as in `i386`.
        machine = machine if machine in {"x86_64", "aarch64", "riscv64"} else "[^./-]+"
        is_musl = any(tag.startswith("musllinux") for tag in target.platform.tags)
        triplet = rf"{machine}-linux-{'musl' if is_musl else 'gnu'}[^./]*"
    stable = [rf"\.abi3t-{triplet}\.so", r"\.abi3t\.so"] if minor >= 15 else [r"\.abi3\.so"]
    return [rf"\.cpython-3{minor}t-{triplet}\.so", *stable, r"\.so"]
