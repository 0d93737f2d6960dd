"""The modules of Cython, f2py and SWIG: what their own sources and the build scripts say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ungil.extensions import Declaration
from ungil.findings import Location
from ungil.sources.c_source import generator_of
from ungil.sources.model import SourceModule, Toolchain
from ungil.sources.options import DIRECTIVE, Option, decide
from ungil.sources.preprocess import preprocess
from ungil.sources.tree import SourceFile

__all__ = ["CYTHON_SUFFIXES", "cython_module", "f2py_modules", "included", "swig_module"]

CYTHON_SUFFIXES = (".pyx", ".pyx.in", ".pyx.tp")
_LARGEST_GENERATED = 64 * 2**20


def cython_module(
    file: SourceFile, options: Sequence[Option], made: SourceFile | None = None
) -> SourceModule:
    """The module of a Cython source; what it says itself goes before the build script.

    Args:
        file: The source.
        options: What the build scripts say.
        made: The C source beside it that may have been made of it. It tells
            where nothing else does: a Makefile may have run Cython.

    Raises:
        UnreadableError: It cannot be read.
    """
    name = file.name.partition(".")[0]
    written = _directive(file.text())
    if written is None:
        at = Location(file.label, 1)
        # A template, `x.pyx.in`, goes by the name of what is made of it, too.
        names = (file.label, file.label.partition(".pyx")[0] + ".pyx")
        module = decide(name, Toolchain.CYTHON, names, at, options)
        return module if made is None else _as_made(module, made)
    value, line = written
    where = Location(file.label, line)
    declaration = Declaration.NOT_USED if value else Declaration.USED
    reason = f"It says {DIRECTIVE} = {value}."
    return SourceModule(name, Toolchain.CYTHON, declaration, True, where, reason)


def _directive(text: str) -> tuple[bool, int] | None:
    """The directive in the comments before all code, and its line.

    Cython's user guide, "Compiler directives": `# cython: name=value, name=value`.
    """
    found = None
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            break
        head, colon, rest = bare.lstrip("#").partition(":")
        if head.strip() != "cython" or not colon:
            continue
        for setting in rest.split(","):
            name, _, value = setting.partition("=")
            if name.strip() == DIRECTIVE:
                found = value.strip() == "True", number
    return found


def _as_made(module: SourceModule, made: SourceFile) -> SourceModule:
    """The same module, with what the C source says that Cython has made of it."""
    if module.declaration is not Declaration.USED:
        return module
    data = made.read(_LARGEST_GENERATED)
    if generator_of(data) != "Cython":
        return module
    # Cython/Compiler/ModuleNode.py: what it writes into the slot Py_mod_gil.
    constant = preprocess(data, cplusplus=False).resolve("__Pyx_FREETHREADING_COMPATIBLE")
    if constant != "Py_MOD_GIL_NOT_USED":
        return module
    where = Location(made.label)
    reason = f"{made.name}, which Cython has made of it, declares Py_MOD_GIL_NOT_USED."
    tool = Toolchain.CYTHON
    return SourceModule(module.name, tool, Declaration.NOT_USED, True, where, reason)


def included(file: SourceFile) -> set[str]:
    """The labels of the files that a Cython source includes; they make no module.

    Cython's language reference, "The include statement".

    Raises:
        UnreadableError: It cannot be read.
    """
    found = set()
    for line in file.text().splitlines():
        words = line.split("#")[0].split()
        if len(words) == 2 and words[0] == "include":
            name = words[1].strip("\"'")
            found.add(f"{file.folder}/{name}" if file.folder else name)
    return found


def swig_module(file: SourceFile, options: Sequence[Option]) -> SourceModule | None:
    """The module of a SWIG interface; None for one that is only included.

    SWIG's manual, "SWIG Basics": `%module name` or `%module(options) name`.

    Raises:
        UnreadableError: It cannot be read.
    """
    for number, line in enumerate(file.text().splitlines(), 1):
        words = line.split("//")[0].strip()
        if not words.startswith("%module"):
            continue
        rest = words.removeprefix("%module").strip()
        if rest.startswith("("):
            rest = rest.partition(")")[2]
        name = rest.strip().strip('"').split(" ")[0]
        if name:
            at = Location(file.label, number)
            sources = (file.label,)
            return decide(f"_{name}", Toolchain.SWIG, sources, at, options)
    return None


def f2py_modules(file: SourceFile, options: Sequence[Option]) -> Iterator[SourceModule]:
    """The modules of an f2py signature file: its `python module` blocks.

    NumPy's f2py user guide, "Signature file"; a name with `__user__` is for
    call-backs and makes no module. NumPy's manual writes them in lower case,
    and Fortran reads any.

    Raises:
        UnreadableError: It cannot be read.
    """
    seen = set()
    for number, line in enumerate(file.text().splitlines(), 1):
        words = line.partition("!")[0].split()
        lowered = [word.lower() for word in words[:2]]
        if lowered != ["python", "module"] or len(words) < 3:
            continue
        name = words[2]
        if "__user__" not in name and name not in seen:
            seen.add(name)
            at = Location(file.label, number)
            yield decide(name, Toolchain.F2PY, (file.label,), at, options)
