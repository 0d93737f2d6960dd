"""The modules of mypyc and cffi, where the version of the tool decides.

- mypyc 1.18 declares `Py_MOD_GIL_NOT_USED` in every module it makes for Python
  3.13 and later (mypyc/codegen/emitmodule.py, module_shim_no_gil_multiphase);
  1.17 does so in some, 1.16 in none.
- A module of cffi is created by the installed `_cffi_backend`, which calls
  `PyUnstable_Module_SetGIL` for it from 2.0 on (src/c/cffi1_module.c).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from packaging.requirements import Requirement

from ungil.extensions import Declaration
from ungil.findings import Location
from ungil.sources.model import SourceModule, Toolchain
from ungil.sources.requirements import at_least
from ungil.sources.script import BuildCall, flat

__all__ = ["cffi_modules", "mypyc_modules"]


def cffi_modules(calls: list[BuildCall], requirements: list[Requirement]) -> Iterator[SourceModule]:
    """The modules of `ffibuilder.set_source(name, source)`.

    With None for the source no compiler is involved, and there is no
    extension module (cffi's manual, "Preparing and Distributing modules").
    """
    for call in calls:
        if call.name in {"set_source", "set_source_pkgconfig"} and call.arguments:
            name = call.arguments[0]
            source = call.arguments[-1] if len(call.arguments) > 1 else ""
            if source is not None and isinstance(name, str):
                yield _module(name, Toolchain.CFFI, call.location, requirements)


def mypyc_modules(
    calls: list[BuildCall], requirements: list[Requirement]
) -> Iterator[SourceModule]:
    """The modules of `mypycify([…])`."""
    for call in calls:
        if call.name != "mypycify":
            continue
        paths = [path for path in flat(*call.arguments[:1]) if isinstance(path, str)]
        files = [path for path in paths if path.endswith(".py")]
        names = [PurePosixPath(path).stem for path in files] or ["mypycify"]
        for name in names:
            yield _module(name, Toolchain.MYPYC, call.location, requirements)


_FIRST = {Toolchain.CFFI: ("cffi", "2.0"), Toolchain.MYPYC: ("mypy", "1.18")}


def _module(
    name: str, tool: Toolchain, at: Location, requirements: list[Requirement]
) -> SourceModule:
    package, first = _FIRST[tool]
    enough = at_least(requirements, package, first)
    name = name.rpartition(".")[2]
    if enough:
        reason = f"It is made with {package} {first} or later, which declares it."
        return SourceModule(name, tool, Declaration.NOT_USED, False, at, reason)
    if enough is False:
        reason = f"It is made with a {package} older than {first}, which declares nothing."
        return SourceModule(name, tool, Declaration.USED, False, at, reason)
    reason = (
        f"The version of {package} decides: {first} and later declare it. "
        f"Require {package}>={first} to be sure."
    )
    return SourceModule(name, tool, Declaration.UNKNOWN, False, at, reason)
