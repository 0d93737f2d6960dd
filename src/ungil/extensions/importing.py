"""Import extension modules for real, and see whether the GIL stays off.

This runs the modules' code with the user's rights. It is no sandbox: what
limits it keeps harm by accident away, not by intent. So it happens only where
the user asked for it, and a module that wants to lie about itself can.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from ungil.findings import printable
from ungil.interpreters import Interpreter, InterpreterError, probe, run_limited

__all__ = ["Importable", "Imported", "confirm"]

_PROBE = Path(__file__).with_name("_probe.py")

# Everything else stays out: tokens and passwords live in the environment, and
# PYTHON_GIL=0 would make every answer a yes. The library paths are kept since
# an interpreter may not start without them; a preloaded library is not.
_KEPT = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "SYSTEMROOT",
)
_TEMPORARY = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP")

# `_PyImport_CheckGILForModule` (3.13, 3.14) and `_PyImport_EnableGILAndWarn`
# (3.15), both in Python/import.c. It is given once for a process.
_SWITCHED_ON = re.compile(r"enabled to load module '(.*)', which has not declared", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Importable:
    """An extension module to import.

    Attributes:
        name: Dotted, e.g. `lxml.etree`.
        path: Its file.
        search_path: The folder its top-level package lies in, where the
            modules and libraries beside it are looked for.
    """

    name: str
    path: Path
    search_path: Path

    @classmethod
    def below(cls, search_path: Path, path: Path) -> Importable:
        """The module of a file, named by its way down from the search path.

        Raises:
            ValueError: The file is not below the search path.
        """
        *packages, file = path.relative_to(search_path).parts
        stem = file.partition(".")[0]
        parts = packages if stem == "__init__" else [*packages, stem]
        return cls(".".join(parts), path, search_path)


@dataclass(frozen=True, slots=True)
class Imported:
    """What importing an extension module did.

    Attributes:
        name: As asked.
        path: As asked.
        keeps_gil_off: False if the interpreter switched the GIL on for this
            very module. None if that was not seen.
        reason: What was seen, or why it is unknown; one line.
    """

    name: str
    path: Path
    keeps_gil_off: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Report:
    """What `_probe` writes."""

    free_threaded: bool
    forced: bool
    before: bool
    after: bool
    warning: str | None
    error: tuple[str, str] | None


def confirm(
    python: str | Path,
    modules: Sequence[Importable],
    *,
    seconds: float = 20.0,
    workers: int = 4,
) -> list[Imported]:
    """Import each module in a process of its own, and see whether the GIL is on.

    A process each, because the GIL once switched on stays on (PEP 703), and
    because a module may crash. Only the module itself is created: neither is
    it executed nor are the packages around it imported, since all that could
    switch the GIL on there is another module, which is asked by itself. A
    module whose initialisation needs them imports them, from its search path.

    The processes get an empty working directory and home, no standard input,
    and of the environment only what finds libraries and programs.

    Args:
        python: The program of a free-threaded CPython, 3.13 or later.
        modules: What to import; the answers come in the same order.
        seconds: The time limit for each.
        workers: How many at a time.
    """
    try:
        interpreter = probe(python)
    except InterpreterError as error:
        return [Imported(m.name, m.path, None, str(error)) for m in modules]
    if not interpreter.python.free_threaded:
        reason = f"{printable(str(interpreter))} always runs with the GIL"
        return [Imported(m.name, m.path, None, reason) for m in modules]
    with ThreadPoolExecutor(workers) as pool:
        try:
            return list(pool.map(partial(_confirm, interpreter, seconds), modules))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _confirm(interpreter: Interpreter, seconds: float, module: Importable) -> Imported:
    reason = _not_for(interpreter, module)
    if reason:
        return Imported(module.name, module.path, None, reason)
    keeps_gil_off, reason = _import(interpreter, seconds, module)
    return Imported(module.name, module.path, keeps_gil_off, _one_line(reason, module))


def _not_for(interpreter: Interpreter, module: Importable) -> str:
    """Why the interpreter would not import the file by that name; empty if it would."""
    if not module.path.is_file():
        return "there is no such file"
    # 3.13t and 3.14t look for `.abi3.so` as well, but such a module was built
    # for another layout of objects and would be misread (PEP 803).
    suffixes = [s for s in interpreter.extension_suffixes if not s.startswith(".abi3.")]
    last = module.name.rpartition(".")[2]
    if module.path.name in {stem + s for stem in (last, "__init__") for s in suffixes}:
        return ""
    return f"{interpreter.python} on {interpreter.platform} does not import a file of that name"


def _import(
    interpreter: Interpreter, seconds: float, module: Importable
) -> tuple[bool | None, str]:
    options = ("-I", "-S", "-B", "-X", "utf8")
    where = (module.path.absolute(), module.search_path.absolute())
    try:
        with tempfile.TemporaryDirectory(prefix="ungil-", ignore_cleanup_errors=True) as folder:
            finished = run_limited(
                [interpreter.path, *options, _PROBE, module.name, *where],
                environment=_environment(folder),
                folder=Path(folder),
                seconds=seconds,
            )
    except (OSError, ValueError) as error:
        return None, f"it could not be tried: {error}"
    if finished.code is None:
        return None, f"importing it took longer than {seconds:g} s"
    if finished.code != 0 or not finished.output:
        return None, f"importing it ended the process with {finished.ending}"
    try:
        return _judge(module, msgspec.json.decode(finished.output, type=_Report))
    except (msgspec.DecodeError, RecursionError):
        return None, "the interpreter's report is damaged"


def _environment(folder: str) -> dict[str, str]:
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    return kept | dict.fromkeys(_TEMPORARY, folder)


def _judge(module: Importable, report: _Report) -> tuple[bool | None, str]:
    if not report.free_threaded or report.forced or report.before:
        return None, "the GIL was not the interpreter's to switch"
    if switched := _SWITCHED_ON.search(report.warning or ""):
        if switched[1] == module.name:
            return False, "the interpreter switched the GIL on to load it"
        # Once it is on, nothing tells what the next module would have done.
        return None, f"its initialisation imports {switched[1]}, which switches the GIL on"
    if report.error:
        kind, message = report.error
        return None, f"it could not be imported: {kind}: {message}"
    if report.after:
        return None, "the GIL was on afterwards, but the interpreter did not say why"
    return True, "it was imported and the GIL stayed off"


def _one_line(reason: str, module: Importable) -> str:
    reason = reason.replace(f"{module.search_path.absolute()}{os.sep}", "")
    return printable(" ".join(reason.split()))[:500]
