"""Ask an interpreter what it is."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ungil.findings import printable
from ungil.interpreters.process import run_limited
from ungil.target import PythonVersion

__all__ = ["Interpreter", "InterpreterError", "probe"]

# Python 3.8 and later understand it, so that an old one can say what it is.
_QUESTIONS = """
import importlib.machinery, json, platform, sys, sysconfig
print(json.dumps({
    "executable": sys.executable,
    "implementation": sys.implementation.name,
    "major": sys.version_info[0],
    "minor": sys.version_info[1],
    "release": platform.python_version(),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "platform": sysconfig.get_platform(),
    "extension_suffixes": importlib.machinery.EXTENSION_SUFFIXES,
}))
"""


class InterpreterError(Exception):
    """No CPython that answers; the message is one line."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython of this machine, as it describes itself.

    Attributes:
        path: Its program: what a launcher or shim starts in the end, but a
            virtual environment's own.
        python: Its release series and build; `python.abi` is e.g. `cp314t`.
        release: E.g. `3.14.7` or `3.15.0rc1`.
        platform: As `sysconfig.get_platform()` has it, e.g. `linux-x86_64`.
        extension_suffixes: What follows an extension module's name in the
            name of its file (`importlib.machinery.EXTENSION_SUFFIXES`).
    """

    path: Path
    python: PythonVersion
    release: str
    platform: str
    extension_suffixes: tuple[str, ...]

    def __str__(self) -> str:
        build = "free-threaded" if self.python.free_threaded else "GIL-enabled"
        return f"CPython {self.release} ({build}) at {self.path}"


@dataclass(frozen=True, slots=True)
class _Answer:
    executable: str
    implementation: str
    major: int
    minor: int
    release: str
    free_threaded: bool
    platform: str
    extension_suffixes: tuple[str, ...]


def probe(path: str | Path, *, seconds: float = 20.0) -> Interpreter:
    """Ask an interpreter what it is, in a process of its own.

    It starts isolated and without `site`, so that no `.pth` file and no
    `sitecustomize` runs.

    Args:
        path: Its program, or a name to look up on PATH.
        seconds: The time limit.

    Raises:
        InterpreterError: It is missing, does not answer, or is no CPython.
    """
    label = printable(str(path))
    program = shutil.which(path) or str(path)
    # A shim finds its interpreter by the variables of its version manager.
    environment = {key: text for key, text in os.environ.items() if not key.startswith("PYTHON")}
    try:
        with tempfile.TemporaryDirectory(prefix="ungil-") as folder:
            finished = run_limited(
                [Path(program).absolute(), "-I", "-S", "-c", _QUESTIONS],
                environment=environment,
                folder=Path(folder),
                seconds=seconds,
            )
    except OSError as error:
        raise InterpreterError(f"{label} cannot be run: {error.strerror}") from None
    except ValueError:
        raise InterpreterError(f"{label} is no path") from None
    if finished.code != 0:
        raise InterpreterError(f"{label} does not answer like a Python: {finished.ending}")
    return _read(finished.output, label)


def _read(output: bytes, label: str) -> Interpreter:
    line = output.strip().rpartition(b"\n")[2]  # a shim may speak first
    try:
        answer = msgspec.json.decode(line, type=_Answer)
    except (msgspec.DecodeError, RecursionError):
        raise InterpreterError(f"{label} does not answer like a Python") from None
    if answer.implementation != "cpython" or not answer.executable:
        raise InterpreterError(f"{label} is no CPython")
    return Interpreter(
        Path(answer.executable),
        PythonVersion(answer.major, answer.minor, answer.free_threaded),
        answer.release,
        answer.platform,
        answer.extension_suffixes,
    )
