"""Ask an interpreter what it is."""

from __future__ import annotations

import errno
import os
import platform
import re
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
from packaging.version import InvalidVersion, Version

from ungil.findings import printable
from ungil.interpreters.ask import GIL_VARIABLE, ask
from ungil.interpreters.process import Finished
from ungil.interpreters.programs import which
from ungil.interpreters.questions import QUESTIONS
from ungil.target import PythonVersion

__all__ = [
    "Answer",
    "Gil",
    "Interpreter",
    "InterpreterError",
    "answer_of",
    "interpreter_of",
    "probe",
]

# `configure --help`, and what compilers call them.
_SANITIZERS = {
    "address": r"--with-address-sanitizer|-fsanitize=[\w,]*\baddress\b",
    "memory": r"--with-memory-sanitizer|-fsanitize=[\w,]*\bmemory\b",
    "thread": r"--with-thread-sanitizer|-fsanitize=[\w,]*\bthread\b",
    "undefined": r"--with-undefined-behavior-sanitizer|-fsanitize=[\w,]*\bundefined\b",
}
_OPTIMIZATIONS = {"pgo": r"--enable-optimizations", "lto": r"--with-lto(?!=no)|-flto"}
_JIT = re.compile(r"--enable-experimental-jit(?:=([\w-]+))?")

# Figures of the ELF header's `e_machine` (the System V ABI), as `uname` has them.
_MACHINES = {3: "i686", 40: "arm", 21: "ppc64", 22: "s390x", 62: "x86_64", 183: "aarch64"}
_MACHINES |= {243: "riscv64", 258: "loongarch64"}


class InterpreterError(Exception):
    """No CPython that answers; the message is one line.

    Attributes:
        reason: What is the matter with it, without its name; it goes on a
            sentence that begins with the name.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Gil:
    """Whether the GIL is on when an interpreter starts as things are now.

    Attributes:
        on: None if it does not start.
        reason: What decides it; goes behind `on:` or `off:`.
    """

    on: bool | None
    reason: str

    def __str__(self) -> str:
        return f"{'?' if self.on is None else 'on' if self.on else 'off'}: {self.reason}"


@dataclass(frozen=True)
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
        gil: Whether the GIL is on, and why.
        debug: A debug build (`--with-pydebug`).
        jit: `on`, `off` (built in and switched off), or `none`.
        sanitizers: What it was compiled with, of `address`, `memory`,
            `thread` and `undefined`.
        optimizations: Likewise of `pgo` and `lto`. Windows does not say.
    """

    path: Path
    python: PythonVersion
    release: str
    platform: str
    extension_suffixes: tuple[str, ...]
    gil: Gil
    debug: bool = False
    jit: str = "none"
    sanitizers: tuple[str, ...] = ()
    optimizations: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"CPython {self.release} ({self.build}) at {self.path}"

    @property
    def build(self) -> str:
        """`free-threaded` or `GIL-enabled`."""
        return "free-threaded" if self.python.free_threaded else "GIL-enabled"

    @property
    def abi(self) -> str:
        """The ABI tag with all its letters, e.g. `cp314td` of a debug build."""
        # Until 3.7 the allocator had a letter (PEP 3149).
        old = "m" if self.python.major == 3 and self.python.minor < 8 else ""
        return f"{self.python.abi}{'d' if self.debug else ''}{old}"

    @property
    def plain(self) -> bool:
        """Is it what people use, neither a debug build nor with sanitizers?"""
        return not self.debug and not self.sanitizers

    @cached_property
    def version(self) -> Version:
        """The release, to compare with others."""
        return _version(self.release)


class Answer(msgspec.Struct, frozen=True):
    """What an interpreter answers to `QUESTIONS`.

    Attributes:
        executable: The bytes of its path, each as one character.
        refused: What it said when it did not start with PYTHON_GIL as it is;
            the other answers are then those without.
    """

    executable: str
    implementation: str
    implementation_version: str
    major: int
    minor: int
    release: str
    free_threaded: bool
    gil_enabled: bool
    gil_flag: int | None
    gil_option: str | None
    platform: str
    extension_suffixes: tuple[str, ...]
    debug: bool
    jit: tuple[bool, bool] | None
    configured: str
    compiled: str
    refused: str = ""


def probe(
    path: str | Path, *, seconds: float = 20.0, cancelled: threading.Event | None = None
) -> Interpreter:
    """Ask an interpreter what it is, in a process of its own.

    Of the variables of Python only PYTHON_GIL reaches it; see `ask`.

    Args:
        path: Its program, or a name to look up on PATH.
        seconds: The time limit.
        cancelled: See `run_limited`.

    Raises:
        InterpreterError: It is missing, does not answer, or is no CPython.
    """
    label = printable(str(path))
    name = str(path)
    found = which(name) if name and not os.path.dirname(name) and "\0" not in name else None  # noqa: PTH120 - "a/" is no bare name
    answer = answer_of(found or Path(path), label, seconds=seconds, cancelled=cancelled)
    return interpreter_of(answer, label)


def answer_of(
    program: Path, label: str, *, seconds: float, cancelled: threading.Event | None = None
) -> Answer:
    """What a program answers, whatever Python it is.

    Args:
        program: Its file.
        label: What messages call it.
        seconds: The time limit.
        cancelled: See `run_limited`.

    Raises:
        InterpreterError: It does not answer as a Python does.
    """

    def asked(gil: str | None) -> Finished:
        try:
            return ask(program, QUESTIONS, seconds=seconds, gil=gil, cancelled=cancelled)
        except OSError as error:
            raise InterpreterError(label, f"cannot be run: {_hindrance(error, program)}") from None
        except ValueError:
            raise InterpreterError(label, "is no path") from None

    gil = os.environ.get(GIL_VARIABLE)
    finished = asked(gil)
    refused = ""
    if finished.code not in {0, None} and gil:
        # A GIL-enabled build ends at once if it is told to switch the GIL off,
        # and any build if the value is neither 0 nor 1.
        refused = finished.complaint or finished.ending
        finished = asked(None)
    if finished.code is None:
        raise InterpreterError(
            label, f"does not answer like a Python: the time limit of {seconds:g} s"
        )
    if finished.code != 0:
        said = f" ({finished.complaint})" if finished.complaint else ""
        raise InterpreterError(label, f"does not answer like a Python: {finished.ending}{said}")
    answer = _read(finished.output, label)
    return msgspec.structs.replace(answer, refused=refused)


def interpreter_of(answer: Answer, label: str) -> Interpreter:
    """The interpreter that answers so.

    Raises:
        InterpreterError: It is none that ungil has a use for.
    """
    if answer.implementation != "CPython":
        kind = printable(f"{answer.implementation} {answer.implementation_version}")
        release = printable(answer.release)
        raise InterpreterError(label, f"is {kind} (Python {release}), which is no CPython")
    if answer.major < 3:
        raise InterpreterError(label, f"is Python {printable(answer.release)}, which is too old")
    if not answer.executable:
        raise InterpreterError(label, "does not know its own path")
    try:
        path = os.fsdecode(answer.executable.encode("latin-1"))
        _version(answer.release)
    except (UnicodeError, InvalidVersion):
        raise InterpreterError(label, "does not answer like a Python") from None
    built = f"{answer.configured} {answer.compiled}"
    return Interpreter(
        Path(path),
        PythonVersion(answer.major, answer.minor, answer.free_threaded),
        answer.release,
        answer.platform,
        answer.extension_suffixes,
        _gil(answer),
        answer.debug,
        _jit(answer),
        _named(_SANITIZERS, built),
        _named(_OPTIMIZATIONS, built),
    )


def _read(output: bytes, label: str) -> Answer:
    line = output.strip().rpartition(b"\n")[2]  # a shim may speak first
    try:
        return msgspec.json.decode(line, type=Answer)
    except (msgspec.DecodeError, RecursionError):
        raise InterpreterError(label, "does not answer like a Python") from None


def _version(release: str) -> Version:
    # A build from a branch says e.g. 3.15.0a5+.
    return Version(release.removesuffix("+"))


def _gil(answer: Answer) -> Gil:
    value = os.environ.get(GIL_VARIABLE)
    if answer.refused:
        return Gil(None, f"does not start with {GIL_VARIABLE}={value}: {answer.refused}")
    if not answer.free_threaded:
        return Gil(True, "the build")
    if answer.gil_flag is None:
        if answer.gil_enabled:
            return Gil(True, "something switched it on at the start")
        return Gil(False, "the default")
    # `-X gil` comes after the variable, and wins (Python/initconfig.c).
    option = answer.gil_option
    cause = f"{GIL_VARIABLE}={value}" if option is None else f"-X gil={printable(option)}"
    return Gil(answer.gil_enabled, cause)


def _jit(answer: Answer) -> str:
    if answer.jit is not None:
        available, enabled = answer.jit
        return "on" if enabled else "off" if available else "none"
    configured = _JIT.search(answer.configured)
    if configured is None or configured[1] in {"no", "interpreter"}:
        return "none"
    return "off" if configured[1] == "yes-off" else "on"


def _named(patterns: dict[str, str], text: str) -> tuple[str, ...]:
    return tuple(name for name, pattern in patterns.items() if re.search(pattern, text))


def _hindrance(error: OSError, program: Path) -> str:
    """Why the operating system does not start it, in words that help."""
    about = os.fsdecode(error.filename or "")
    if about != str(program.absolute()):
        # Not the program: the disk is full, or there is no temporary folder.
        return f"{error.strerror or type(error).__name__}{f': {printable(about)}' if about else ''}"
    if error.errno == errno.ENOEXEC:
        machine = _elf_machine(program)
        if machine and machine != platform.machine():
            return f"it was made for {machine}, and this machine is {platform.machine()}"
        return "it is no program of this machine"
    if error.errno == errno.ENOENT and program.exists():
        # A script's first line, or the loader of another C library.
        return "the interpreter or loader that it names is missing"
    return error.strerror or type(error).__name__


def _elf_machine(program: Path) -> str:
    try:
        with program.open("rb") as file:
            header = file.read(20)
    except OSError:
        return ""
    if header[:4] != b"\x7fELF" or len(header) < 20:
        return ""
    number = int.from_bytes(header[18:20], "big" if header[5] == 2 else "little")
    return _MACHINES.get(number, f"machine {number} of ELF")
