"""Which modules are watched: by default the project's own."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

__all__ = ["NEVER", "Scope", "is_foundation", "is_library", "is_stdlib"]

NEVER = frozenset(
    {
        # What the watch needs to do its work: watching these would have no end.
        *("builtins", "sys", "_thread", "threading", "_threading_local", "_weakrefset", "weakref"),
        *("importlib", "_frozen_importlib", "_frozen_importlib_external", "zipimport", "runpy"),
        *("os", "posixpath", "ntpath", "genericpath", "stat", "io", "codecs", "encodings"),
        *("abc", "_py_abc", "_collections_abc", "collections", "functools", "operator", "types"),
        *("contextlib", "dataclasses", "enum", "keyword", "reprlib", "copy", "typing", "re"),
        *("ast", "symtable", "dis", "opcode", "_opcode_metadata", "inspect", "annotationlib"),
        *("json", "hashlib", "pathlib", "tokenize", "token", "linecache", "traceback", "textwrap"),
        *("queue", "atexit", "gc", "site", "sysconfig", "pkgutil", "fnmatch", "tempfile"),
    }
)
"""Modules of the standard library that are never watched, whatever is asked for."""

_INSTALLED = frozenset({"site-packages", "dist-packages"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Says of a module whether it is watched.

    Attributes:
        folder: The project's, absolute; what lies below is its own.
        include: Packages or modules that are watched as well, with all below them.
        exclude: Those that are not; of an `include` and an `exclude` the longer name
            decides, and of the same name the `exclude`.
        include_stdlib: Is the standard library watched?
    """

    folder: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include_stdlib: bool = False

    def __call__(self, module: str, path: str | None) -> bool:
        """Is a module watched?

        Args:
            module: Its name; `__main__` for the program's own.
            path: Of its source; None if it has none.
        """
        if not path or path.startswith("<"):
            return False
        if module.partition(".")[0] in NEVER and is_stdlib(path):
            return False
        # Our own files, whatever name they run under, are what watches.
        return not _is_below(path, _own_folder()) and self._is_asked_for(module, path)

    def _is_asked_for(self, module: str, path: str) -> bool:
        taken, left_out = _longest(module, self.include), _longest(module, self.exclude)
        if taken or left_out:
            return taken > left_out
        if is_stdlib(path):
            return self.include_stdlib
        if _is_installed(path):
            return False
        # A script may lie anywhere; the installed commands are somebody else's.
        is_script = module == "__main__" and not _is_below(path, Path(sys.prefix))
        return is_script or self._is_own(path)

    def _is_own(self, path: str) -> bool:
        folder = Path(self.folder)
        if not _is_below(path, folder):
            return False
        between = (one for one in _absolute(path).parents if one.is_relative_to(folder))
        return not any(_is_environment(one) for one in between if one != folder)


def is_stdlib(path: str) -> bool:
    """Does a file belong to the standard library?"""
    return not _is_installed(path) and any(_is_below(path, place) for place in _stdlib())


def is_library(path: str) -> bool:
    """Is a file installed, or of the standard library?"""
    return _is_installed(path) or is_stdlib(path)


def is_foundation(path: str) -> bool:
    """Is a file what programs and threads are started by, rather than a part of one?"""
    return path.startswith("<frozen ") or _is_below(path, _own_folder()) or is_stdlib(path)


def _longest(module: str, names: Iterable[str]) -> int:
    """How long the longest of the names is that cover a module; 0 if none does."""
    covering = (n for n in names if module == n or module.startswith(f"{n}."))
    return max(map(len, covering), default=0)


@lru_cache(1 << 14)  # a process may be watched often, and its modules stay where they are
def _is_installed(path: str) -> bool:
    return not _INSTALLED.isdisjoint(_absolute(path).parts)


@cache
def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").exists()


@cache
def _stdlib() -> tuple[Path, ...]:
    places = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
    return tuple(dict.fromkeys([Path(os.__file__).parent, *map(Path, filter(None, places))]))


@cache
def _own_folder() -> Path:
    return Path(__file__).absolute().parents[1]


@lru_cache(1 << 14)  # likewise
def _is_below(path: str, folder: Path) -> bool:
    """By the names that are used; or by the files they stand for, with links followed."""
    return _absolute(path).is_relative_to(folder) or Path(path).resolve().is_relative_to(
        folder.resolve()
    )


def _absolute(path: str) -> Path:
    """Without `..`, and without following links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow them
