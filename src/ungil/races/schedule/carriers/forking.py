"""Forking under control: the process that is forked has one thread, and is not controlled.

What `threading` does there after a fork looks at the handle of the thread that forked, from
3.13 on, and one that runs here was never told which thread of the system it is.
"""

from __future__ import annotations

import _thread
import os
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ungil.races.schedule.control import Control

__all__ = ["attend", "leave"]


class _Forks:
    """Is registered once, for whoever is in control: that cannot be undone."""

    def __init__(self) -> None:
        self._control: Control | None = None
        self._registered = False
        self._kept: list[tuple[object, str, object]] = []

    def attend(self, control: Control | None) -> None:
        self._control = control
        if not self._registered and hasattr(os, "register_at_fork"):
            self._registered = True
            os.register_at_fork(
                before=self._before,
                after_in_parent=partial(self._after, in_child=False),
                after_in_child=partial(self._after, in_child=True),
            )

    def _before(self) -> None:
        control = self._control
        if control is None or not control.is_calling():
            return
        current: Any = threading.current_thread()
        for name in ("_handle", "_os_thread_handle"):
            handle = getattr(current, name, None)
            if handle is not None:
                self._kept.append((current, name, handle))
                make: Any = vars(_thread)["_make_thread_handle"]
                setattr(current, name, make(threading.get_ident()))

    def _after(self, *, in_child: bool) -> None:
        control = self._control
        if in_child and control is not None:
            control.let_free()
        elif not in_child:
            for current, name, handle in self._kept:
                setattr(current, name, handle)
        self._kept.clear()


_forks = _Forks()


def attend(control: Control) -> None:
    """Be there when a program forks that is under control."""
    _forks.attend(control)


def leave() -> None:
    """Nobody is in control any more."""
    _forks.attend(None)
