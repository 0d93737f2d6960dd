"""Sees every extension module being created, and which one switches the GIL on.

All of CPython's loaders create extension modules by `_imp.create_dynamic` (or
`_imp.create_builtin`, for those linked into the program), and that is where the
GIL is switched. So those two are wrapped, for good: nothing else is slowed down,
programs may replace `sys.meta_path` and `__import__` as they like, and after
`importlib.reload` all is as before. Rejected: a finder in `sys.meta_path`, which
programs replace and other finders overtake; audit hooks, which cannot say what
came of an import; polling, which cannot say who it was.

Who it was only the interpreter knows. While a module is created the GIL is on
anyway, for all threads, so that finding it on proves nothing as long as another
creation is under way. But the interpreter issues a warning with the module's name
(`_PyImport_CheckGILForModule` in Python/import.c), and while it looks for the
filter that decides about the warning, a filter of ours can read it. That filter
matches nothing, so the program's own decide as ever.
"""

from __future__ import annotations

import _imp
import _thread
import os
import sys
import time
import warnings

from ungil.runtime.imports import BOOTSTRAP, import_chain
from ungil.runtime.status import FREE_THREADED_BUILD, forced_by, gil_enabled
from ungil.runtime.switch import Switch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    Listener = Callable[["Creation"], BaseException | None]

__all__ = ["Creation", "creating", "first_switch", "listen", "stop_listening", "watch"]

# Both in `_PyImport_CheckGILForModule` (3.13, 3.14) and in
# `_PyImport_EnableGILAndWarn` (3.15), Python/import.c.
_BEFORE_NAME = "has been enabled to load module '"
_AFTER_NAME = "', which has not declared"


class Creation:
    """One extension module was created, or could not be.

    Attributes:
        module: Its name, dotted.
        file: Its file; None if it has none.
        at: When it had been created, by `time.monotonic`; the GIL was looked at
            after that.
        seconds: How long its creation took.
        switch: What switched the GIL on meanwhile; None if nothing did.
        failed: Did its creation raise an exception?
        gil_enabled: Was the GIL on afterwards? If not, the module keeps it off;
            if it was, it may have been on for another's sake.
    """

    __slots__ = ("at", "failed", "file", "gil_enabled", "module", "seconds", "switch")

    def __init__(
        self,
        module: str,
        file: str | None,
        at: float,
        seconds: float,
        switch: Switch | None,
        *,
        failed: bool,
        gil_enabled: bool,
    ) -> None:
        self.module = module
        self.file = file
        self.at = at
        self.seconds = seconds
        self.switch = switch
        self.failed = failed
        self.gil_enabled = gil_enabled


class _Watch:
    """The one watch of this interpreter."""

    def __init__(self) -> None:
        self.began: float | None = None  # None while nothing is wrapped
        self.switched = False
        self.switch: Switch | None = None
        self.listeners: tuple[Listener, ...] = ()
        self.under_way = 0
        self.lock = _thread.allocate_lock()
        # What is freed without having been executed may not expect that.
        self.refused: list[ModuleType] = []

    def can_switch(self) -> bool:
        return FREE_THREADED_BUILD and not self.switched and forced_by() is None


_watch = _Watch()


def watch() -> None:
    """Watch from now on."""
    with _watch.lock:
        if _watch.began is not None:
            return
        _watch.began = time.monotonic()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forked)
    _imp.create_dynamic = _watched(_imp.create_dynamic)
    _imp.create_builtin = _watched(_imp.create_builtin)


def _forked() -> None:
    """Threads that were in the middle of something are not there any more."""
    _watch.lock = _thread.allocate_lock()
    _watch.under_way = 0


def first_switch() -> Switch | None:
    """What switched the GIL on, as far as it was watched."""
    return _watch.switch


def creating() -> bool:
    """Is some module being created, for which the GIL is on anyway?"""
    return _watch.under_way > 0


def listen(listener: Listener) -> None:
    """Tell the listener of every creation from now on; what it returns, the import raises."""
    watch()
    with _watch.lock:
        _watch.listeners += (listener,)


def stop_listening(listener: Listener) -> None:
    """Tell the listener no more."""
    with _watch.lock:
        kept = list(_watch.listeners)
        kept.remove(listener)
        _watch.listeners = tuple(kept)


def _watched(create: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
    """The function, with all that it creates told to the listeners."""
    under_way, tell, refuse = _UnderWay, _tell, _refuse

    def create_watched(spec: ModuleSpec, *more: object) -> ModuleType:
        moment = under_way(spec)
        try:
            module = create(spec, *more)
        except BaseException:
            tell(moment.end(failed=True))
            raise
        error = tell(moment.end(failed=False))
        if error is not None:
            refuse(spec.name, module, was_there=moment.was_there)
            raise error
        return module

    watched: Callable[..., ModuleType] = _as_importlib(create_watched, call=3)
    return watched


def _as_importlib(function: Any, *, call: int) -> Any:  # noqa: ANN401 - as it comes, as it goes
    """The function in the guise of importlib's `_call_with_frames_removed`.

    A program's warnings and tracebacks shall be the same whether or not it is
    watched. importlib takes its own frames out of tracebacks, and knows them by
    their file and name (`remove_importlib_frames` in Python/import.c). A warning
    says the file, module and line of the frame it comes from.

    Args:
        function: Uses no globals.
        call: How many lines below its first it calls what was called before.
    """
    model = BOOTSTRAP._call_with_frames_removed.__code__
    line = max(line for _, _, line in model.co_lines() if line is not None)
    code = function.__code__.replace(
        co_filename=model.co_filename, co_name=model.co_name, co_firstlineno=line - call
    )
    return type(function)(code, vars(BOOTSTRAP), model.co_name, None, function.__closure__)


def _refuse(name: str, module: ModuleType, *, was_there: bool) -> None:
    """Undo an import as far as it can be undone."""
    _watch.refused.append(module)
    if not was_there:
        # Single-phase initialisation has put it there already.
        sys.modules.pop(name, None)


def _tell(creation: Creation) -> BaseException | None:
    """Tell the listeners; the first error that one of them wants the import to raise."""
    errors = [listener(creation) for listener in _watch.listeners]
    return next((error for error in errors if error is not None), None)


class _UnderWay:
    """The creation of one module, from before it begins."""

    def __init__(self, spec: ModuleSpec) -> None:
        self._spec = spec
        self.was_there = spec.name in sys.modules
        self._started = time.monotonic()
        self._filter = _Filter() if _watch.can_switch() else None
        self._began_off = not gil_enabled()
        with _watch.lock:
            _watch.under_way += 1

    def end(self, *, failed: bool) -> Creation:
        at = time.monotonic()
        named = self._filter.remove() if self._filter else None
        with _watch.lock:
            # At once with the claim, so that nobody who finds the GIL on and no
            # creation under way claims it in between.
            _watch.under_way -= 1
            enabled = gil_enabled()
            claims = self._filter is not None and self._claims(named, enabled=enabled)
        switch = self._switch(named) if claims else None
        spec = self._spec
        return Creation(
            spec.name,
            spec.origin if spec.has_location else None,
            at,
            at - self._started,
            switch,
            failed=failed,
            gil_enabled=enabled,
        )

    def _claims(self, named: str | None, *, enabled: bool) -> bool:
        """Is it for this one to tell of the switch?"""
        if _watch.switched:
            return False
        # The warning may be missing: `warnings` was tampered with, or somebody's
        # code made a module without importing it.
        came_on = self._began_off and enabled and not _watch.under_way
        _watch.switched = named is not None or came_on
        return _watch.switched

    def _switch(self, named: str | None) -> Switch:
        module = named or self._spec.name
        has_file = module == self._spec.name and self._spec.has_location
        _watch.switch = Switch(
            module,
            certain=named is not None,
            file=self._spec.origin if has_file else None,
            chain=import_chain(sys._getframe()),
            seconds=time.monotonic() - (_watch.began or 0),
        )
        return _watch.switch


class _Filter:
    """A filter of warnings that reads one warning and matches none."""

    def __init__(self) -> None:
        # From 3.14 on each context may have its own filters
        # (`sys.flags.context_aware_warnings`). The stubs have them immutable.
        current: Any = getattr(warnings, "_get_filters", lambda: warnings.filters)
        self._filters = current()
        self._entry = ("default", self, RuntimeWarning, None, 0)
        self._named: str | None = None
        self._thread = _thread.get_ident()
        self._filters.insert(0, self._entry)

    def match(self, message: str) -> bool:
        """What `warnings` takes to be the method of a compiled regular expression."""
        # Threads may share the list, and each has modules of its own.
        is_mine = self._thread == _thread.get_ident()
        if is_mine and self._named is None and _BEFORE_NAME in message:
            rest = message.partition(_BEFORE_NAME)[2]
            self._named = rest.rpartition(_AFTER_NAME)[0] or None
        return False

    def remove(self) -> str | None:
        """Take the filter out again.

        Returns:
            The module that the GIL was switched on for; None if it was for none.
        """
        for at, entry in enumerate(self._filters):
            if entry is self._entry:
                del self._filters[at]
                break
        return self._named
