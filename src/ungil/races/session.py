"""One stretch of watching in this process: what is instrumented, and what was left out."""

from __future__ import annotations

import _thread
import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

from ungil.races.calls import PREFIX
from ungil.races.instrument.halves import HALVES
from ungil.races.instrument.hook import Hook
from ungil.races.instrument.loading import compiled
from ungil.races.instrument.pytest_rewriting import watch_tests, watched_test
from ungil.races.journal import Record
from ungil.races.scope import is_stdlib
from ungil.races.settings import Settings
from ungil.races.watching import Watch

if TYPE_CHECKING:
    from ungil.races.schedule.control import Control

__all__ = ["Session", "current"]

_current: Session | None = None


def current() -> Session | None:
    """The session that watches this process; None if none does."""
    return _current


class Session:
    """Watches modules from when they are imported, or those that were, from its start.

    Attributes:
        settings: What is watched.
        control: What the code tells of its accesses, in the place of a watch.
        only: The only test that pytest is to run; empty for all.
    """

    def __init__(
        self,
        settings: Settings,
        record: Callable[[Record], None],
        control: Control | None = None,
    ) -> None:
        """Prepare it.

        Args:
            settings: What is watched.
            record: Is given what is found, from any thread.
            control: What the code tells of its accesses, in the place of a watch.
        """
        self.settings = settings
        self._record = record
        self._lock = _thread.allocate_lock()
        self._seen: set[str] = set()
        self._exchanged: list[tuple[FunctionType, CodeType]] = []
        self.watch = Watch(record, settings.history) if control is None else control
        self.control = control
        self.only = ""
        self._finishing = None if control is None else HALVES
        self._cache = Path(settings.cache) if settings.cache else None
        self.hook = Hook(
            settings.scope,
            self.watch.make,
            self._cache,
            told=self._failed,
            passed=self._passed,
            done=self._done,
            finishing=self._finishing,
        )

    def start(self) -> None:
        """Watch from now on.

        Raises:
            RuntimeError: This process is being watched already.
        """
        global _current  # noqa: PLW0603 - a process is watched once at a time
        if _current is not None:
            raise RuntimeError("this process is being watched already")
        _current = self
        # What the scope has to find out first may import modules, and must not ask for them.
        is_stdlib(os.__file__)
        sys.meta_path.insert(0, self.hook)
        self.watch.start()

    def stop(self) -> None:
        """Watch no more."""
        self.watch.stop()
        if self.hook in sys.meta_path:
            sys.meta_path.remove(self.hook)
        for function, code in reversed(self._exchanged):
            function.__code__ = code
        self._exchanged.clear()
        global _current  # noqa: PLW0603 - likewise
        _current = None

    def ran(self, module: str, code: CodeType) -> None:
        """A module is run as the main program, with the code that its loader gave."""
        if any(name.startswith(PREFIX) for name in _names(code)):
            self._told("watched", module)

    def watch_tests(self) -> Callable[[], None]:
        """Watch the test modules that pytest compiles itself; what ends it is given back."""
        return watch_tests(
            self.settings.scope,
            self.watch.make,
            self._cache,
            self._finishing,
            told=self._failed,
            passed=self._passed,
            done=self._done,
        )

    def test(self, name: str) -> None:
        """A test of pytest begins."""
        self._record(["test", name])

    def unsafe(self, test: str, reason: str) -> None:
        """A test was not run beside itself."""
        self._record(["unsafe", test, reason])

    def code(self, source: bytes, path: str, module: str) -> CodeType:
        """The code of a program's main file, instrumented if it is in scope.

        Raises:
            SyntaxError: Of the source.
            Exception: What else keeps it from being compiled: a null byte, too deep a nesting.
        """
        if not self.settings.scope(module, path):
            return compile(source, path, "exec", dont_inherit=True)
        try:
            code = compiled(source, path, self.watch.make, self._cache, self._finishing)
        except SyntaxError:
            raise
        # Whatever a source may be, the program must run as it does without us.
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not end it
            self._failed(module, str(error))
        else:
            self._told("watched", module)
            return code
        # Outside of any `except`, so that its errors have no other context.
        return compile(source, path, "exec", dont_inherit=True)

    def take_over(self) -> None:
        """Watch the functions of modules that were imported before.

        Their code is exchanged, so whoever holds one of them calls what is watched. What
        is running goes on as it is.
        """
        new: dict[_Where, CodeType] = {}
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None)
            if path is None or not path.endswith(".py") or not self.settings.scope(name, path):
                continue
            loader = getattr(module, "__loader__", None)
            try:
                code = self._test_code(name, path, loader) or self.code(
                    Path(path).read_bytes(), path, name
                )
            except Exception as error:  # noqa: BLE001 - it runs already, and goes on unwatched
                self._failed(name, str(error))
                continue
            _gather(code, new)
        files = {where[0] for where in new}
        for function in gc.get_objects():
            if type(function) is FunctionType and function.__code__.co_filename in files:
                code = function.__code__
                replaced = new.get(_where(code))
                if replaced is not None and replaced.co_freevars == code.co_freevars:
                    self._exchanged.append((function, code))
                    function.__code__ = replaced

    def _test_code(self, module: str, path: str, loader: object) -> CodeType | None:
        """As `code`, of a module whose assertions pytest explains."""
        make = self.watch.make
        code = watched_test(loader, Path(path), make, self._cache, self._finishing)
        if code is not None:
            self._told("watched", module)
        return code

    def _done(self, module: str) -> None:
        self.watch.core.module_done()
        self._told("watched", module)

    def _passed(self, module: str) -> None:
        top = module.partition(".")[0]
        if top not in sys.stdlib_module_names and not top.startswith(("ungil", "_sysconfigdata")):
            self._told("unwatched", top)

    def _failed(self, module: str, reason: str) -> None:
        self._told("problem", f"{module} was not watched: {reason}.")

    def _told(self, what: str, text: str) -> None:
        was_quiet = self.watch.core.quiet(True)
        with self._lock:
            is_new = text not in self._seen
            self._seen.add(text)
        if is_new:
            self._record([what, text])
        self.watch.core.quiet(was_quiet)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


_Where = tuple[str, str, int, tuple[int, int]]


def _where(code: CodeType) -> _Where:
    """What tells a function from all others, whether it is instrumented or not.

    Of several in one line, such as lambdas, their bodies begin at different columns.
    """
    begins = min(
        ((line, column) for line, _, column, _ in code.co_positions() if line and column),
        default=(0, 0),
    )
    return code.co_filename, code.co_qualname, code.co_firstlineno, begins


def _gather(code: CodeType, into: dict[_Where, CodeType]) -> None:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            into[_where(constant)] = constant
            _gather(constant, into)
