"""Modules that are imported -> modules that tell of their accesses.

The hook stands before the other finders and asks them, so that editable installs, zip
files and namespace packages are found as ever. Where they find a plain source file that is
in scope, only the code that its loader gives becomes another; if it cannot, that is told,
and the module runs as it is.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import machinery
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TypeGuard

from ungil.races.instrument.loading import Finishing, Make, compiled

__all__ = ["Hook", "Scope", "Told"]

Scope = Callable[[str, str], bool]
"""Is a module to be watched? By its name and its file."""

Told = Callable[[str, str], None]
"""Takes the name of a module in scope that is not watched, and why."""


def _unseen(function: Any) -> Any:  # noqa: ANN401 - any function, the same
    """A part of the import system, for those who print tracebacks.

    When an import fails, Python leaves out the frames of its own machinery if nothing else
    is among them (`remove_importlib_frames`); it knows them by the name of their file.
    """
    unseen = function.__code__.replace(co_filename="<frozen importlib._bootstrap_external>")
    function.__code__ = unseen
    return function


class Hook(MetaPathFinder):
    """A finder to be put before the others in `sys.meta_path`."""

    def __init__(
        self,
        scope: Scope,
        make: Make,
        cache: Path | None = None,
        *,
        told: Told = lambda _module, _reason: None,
        passed: Callable[[str], None] = lambda _module: None,
        done: Callable[[str], None] = lambda _module: None,
        finishing: Finishing | None = None,
    ) -> None:
        """Watches what is imported from now on.

        Args:
            scope: Of what is watched.
            make: What the calls in the code are given.
            cache: Where compiled code is kept, if anywhere.
            told: Is told of modules in scope that cannot be watched.
            passed: Is told of modules that were found and are not in scope.
            done: Is told when the body of a watched module has run.
            finishing: What else is done to the modules.
        """
        self.finishing = finishing
        self.scope = scope
        self.make = make
        self.cache = cache
        self.told = told
        self.passed = passed
        self.done = done
        self._asking = threading.local()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> machinery.ModuleSpec | None:
        """What the other finders find, with a loader that watches if it is in scope."""
        asked: set[str] = self._asking.__dict__.setdefault("names", set())
        if name in asked:
            return None  # a finder behind asks all of them, as this one does
        asked.add(name)
        try:
            spec = self._found(name, path, target)
        finally:
            asked.discard(name)
        if spec is not None and spec.loader is not None:
            self._watch(spec)
        return spec

    def _found(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> machinery.ModuleSpec | None:
        for finder in self._others():
            find = getattr(finder, "find_spec", None)
            spec: machinery.ModuleSpec | None = None if find is None else find(name, path, target)
            if spec is not None:
                return spec
        return None

    def _others(self) -> Iterator[object]:
        """The finders behind; those before have been asked."""
        finders: list[object] = list(sys.meta_path)
        yield from finders[finders.index(self) + 1 if self in finders else 0 :]

    def _watch(self, spec: machinery.ModuleSpec) -> None:
        name, origin, loader = spec.name, spec.origin, spec.loader
        if origin is None or not spec.has_location or not self.scope(name, origin):
            self.passed(name)
        elif _compiles_plainly(loader):
            watching = _watching(type(loader))
            spec.loader = watching.__new__(watching)
            spec.loader.__dict__.update(loader.__dict__, _ungil_hook=self)
        elif not hasattr(loader, "_ungil_hook"):
            self.told(name, f"it is loaded by {type(loader).__module__}.{type(loader).__name__}")

    def code(self, loader: machinery.SourceFileLoader, name: str) -> tuple[CodeType | None, str]:
        """The code of a module that tells, or none and the reason."""
        try:
            path = loader.get_filename(name)
            return compiled(loader.get_data(path), path, self.make, self.cache, self.finishing), ""
        except (ImportError, OSError) as error:
            return None, f"it cannot be read: {error}"
        # Whatever a source may be, the program must run as it does without us.
        except Exception as error:  # noqa: BLE001
            return None, f"{type(error).__name__}: {error}"


def _compiles_plainly(loader: object) -> TypeGuard[machinery.SourceFileLoader]:
    """Does it make of a source file what the interpreter would?"""
    if not isinstance(loader, machinery.SourceFileLoader) or hasattr(loader, "_ungil_hook"):
        return False
    plain = machinery.SourceFileLoader
    return all(
        getattr(type(loader), method) is getattr(plain, method)
        for method in ("get_code", "source_to_code")
    )


@cache
def _watching(plain: Any) -> Any:  # noqa: ANN401 - a class that is made of another
    """A class of loaders that watch, and do all else as another class does."""

    class Watching(plain):  # type: ignore[misc]
        _ungil_hook: Hook
        _ungil_told = False

        @_unseen
        def get_code(self, fullname: str) -> CodeType | None:
            hook = self._ungil_hook
            code, reason = hook.code(self, fullname)
            self._ungil_told = code is not None
            if code is None:
                # Outside of any `except`, so that its errors have no other context.
                code = super().get_code(fullname)
                hook.told(fullname, reason)
            return code

        @_unseen
        def exec_module(self, module: ModuleType) -> None:
            super().exec_module(module)
            if self._ungil_told:
                self._ungil_hook.done(module.__name__)

    Watching.__name__ = Watching.__qualname__ = plain.__name__
    Watching.__module__ = plain.__module__
    return Watching
