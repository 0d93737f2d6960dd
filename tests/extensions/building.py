"""Tiny shared libraries for tests, from C sources."""

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

import pytest

Compiler = Literal["gcc", "zig"]

_ZIG = [sys.executable, "-m", "ziglang"]
# What `llvm-dlltool` calls the machines.
_DLLTOOL = {"x86_64": "i386:x86-64", "aarch64": "arm64", "x86": "i386"}


@functools.cache
def _directory() -> tempfile.TemporaryDirectory[str]:
    """One for the session, removed with the interpreter."""
    return tempfile.TemporaryDirectory(prefix="ungil-libraries-")


def _compiler(compiler: Compiler) -> list[str]:
    if compiler == "gcc" and sys.platform == "linux" and shutil.which("gcc"):
        return ["gcc"]
    if compiler == "zig" and importlib.util.find_spec("ziglang"):
        return [*_ZIG, "cc"]
    pytest.skip(f"no {compiler} on this machine")


def _run(command: list[str], directory: Path) -> None:
    # Zig's own cache would be in the home directory.
    environment = {
        **os.environ,
        "ZIG_GLOBAL_CACHE_DIR": str(Path(_directory().name, "zig")),
        "ZIG_LOCAL_CACHE_DIR": str(Path(_directory().name, "zig")),
    }
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@functools.cache
def compile_library(
    source: str,
    *,
    compiler: Compiler,
    target: str | None = None,
    optimise: str = "-O2",
    flags: tuple[str, ...] = (),
) -> bytes:
    """A shared library without the C library, from one C file.

    Args:
        source: The C code.
        compiler: `gcc` makes one for this machine, `zig` for any.
        target: Zig's, e.g. `aarch64-macos`.
        optimise: The level.
        flags: More of them, e.g. for the linker.

    Skips the test where the compiler is missing.
    """
    command = _compiler(compiler)
    directory = Path(tempfile.mkdtemp(dir=_directory().name))
    (directory / "source.c").write_text(source)
    if target:
        command += ["-target", target]
    command += [
        "-shared",
        "-fPIC",
        "-nostdlib",
        "-w",
        optimise,
        "source.c",
        "-o",
        "library",
        *flags,
    ]
    _run(command, directory)
    return (directory / "library").read_bytes()


@functools.cache
def import_library(definition: str, *, machine: str) -> Path:
    """An import library for a Windows target, from a module definition (`.def`)."""
    _compiler("zig")
    directory = Path(tempfile.mkdtemp(dir=_directory().name))
    (directory / "library.def").write_text(definition)
    arguments = ["dlltool", "-d", "library.def", "-l", "library.lib", "-m", _DLLTOOL[machine]]
    _run([*_ZIG, *arguments], directory)
    return directory / "library.lib"
