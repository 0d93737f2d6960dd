"""What takes the place of the C functions that order threads, by exchanging names.

Of every module that has been imported, the names that stand for one of them are exchanged;
and of `threading.Thread`, the methods by which the end of a thread is known.
"""

from __future__ import annotations

import _queue
import _thread
import builtins
import functools
import sys
import threading
from collections.abc import Callable, Sequence
from types import BuiltinFunctionType, ModuleType
from typing import Any, cast

from ungil.races.reference.locks import Lock, RLock, SimpleQueue
from ungil.races.reference.running import Run
from ungil.races.reference.telling import told, watching
from ungil.races.reference.threads import Thread
from ungil.races.sync import Hook

__all__ = ["Exchanged"]

Function = Callable[..., object]

_LEFT = ("ungil.", "importlib.")
"""Whose names are left as they are: what we use ourselves, and what imports."""


class Exchanged:
    """The names, while they are exchanged."""

    def __init__(self, hooks: Sequence[Hook]) -> None:
        """Exchange them.

        Args:
            hooks: Functions to listen to; those that are a type's cannot be exchanged.
        """
        self._before: list[tuple[object, str, object]] = []
        others: dict[int, tuple[object, object]] = {
            id(original): (original, other)
            for original, other in (
                (_thread.allocate_lock, Lock),
                (vars(_thread).get("allocate"), Lock),
                (_thread.LockType, Lock),
                (_thread.RLock, RLock),
                (_queue.SimpleQueue, SimpleQueue),
                (builtins.vars, _vars),
                *((one, _starting(one)) for one in _starters()),
                *((one.function, _blocking(one)) for one in hooks if _is_blocking(one)),
            )
            if original is not None
        }
        for name, module in list(sys.modules.items()):
            if name.startswith(_LEFT):
                continue
            for known, value in list(getattr(module, "__dict__", {}).items()):
                if id(value) in others:
                    self._exchange(module, known, others[id(value)][1])
        self._exchange(threading.Thread, "join", _join)
        self._exchange(threading.Thread, "is_alive", _is_alive)

    def _exchange(self, owner: object, name: str, other: object) -> None:
        self._before.append((owner, name, vars(owner)[name]))
        setattr(owner, name, other)

    def end(self) -> None:
        """Put back what was there."""
        while self._before:
            setattr(*self._before.pop())


def _starters() -> list[Function]:
    names = ("start_new_thread", "start_new", "start_joinable_thread")
    return [vars(_thread)[name] for name in names if name in vars(_thread)]


def _is_blocking(hook: Hook) -> bool:
    return hook.action == "blocks" and isinstance(hook.function, BuiltinFunctionType)


def _blocking(hook: Hook) -> Function:
    function = cast("Function", hook.function)

    @functools.wraps(function)
    def blocking(*args: object, **kwargs: object) -> object:
        told(Run.blocks, hook.what)
        return function(*args, **kwargs)

    return blocking


class _Started:
    """What a thread runs."""

    def __init__(self, run: Run, child: Thread, function: Function) -> None:
        self._run = run
        self._child = child
        self._function = function

    def __repr__(self) -> str:
        return repr(self._function)

    def __call__(self, *args: object, **kwargs: object) -> object:
        if watching() is self._run:
            self._run.begin(self._child)
        try:
            return self._function(*args, **kwargs)
        finally:
            self._run.end(self._child)


def _starting(original: Function) -> Function:
    @functools.wraps(original)
    def start(function: Function, *args: object, **kwargs: object) -> object:
        run = watching()
        child = told(Run.starting, function) if callable(function) else None
        if run is None or not isinstance(child, Thread):
            return original(function, *args, **kwargs)
        return original(_Started(run, child, function), *args, **kwargs)

    return start


_real_join, _real_is_alive = threading.Thread.join, threading.Thread.is_alive


def _join(self: threading.Thread, timeout: float | None = None) -> None:
    _real_join(self, timeout)
    told(Run.joined, self)


def _is_alive(self: threading.Thread) -> bool:
    alive = _real_is_alive(self)
    if not alive:
        told(Run.joined, self)
    return alive


def _vars(*args: object) -> dict[str, Any]:
    if not args:
        return dict(sys._getframe(1).f_locals)  # noqa: SLF001 - what it is without an argument
    found = _real_vars(*args)
    if type(found) is dict and not isinstance(args[0], ModuleType):
        told(Run.alias, args[0], found)
    return found


_real_vars = vars
