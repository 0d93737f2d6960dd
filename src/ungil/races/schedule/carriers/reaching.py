"""Getting a thread of the system out of where it is, from another one.

An exception that is raised in it is seen as soon as it runs Python code. The main thread can
be called back from the system as well, by a signal; of what waits in another, or in a library
in C that goes on when the system has called it back, nothing is reached.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Ended", "call_back", "raise_in", "raise_in_no_more", "reachable"]

_HAS_SIGNAL = hasattr(signal, "SIGURG") and hasattr(signal, "pthread_kill")
"""It is one that programs do not use, and that does nothing if nobody listens."""


class Ended(BaseException):
    """Is raised in a thread that is ended from outside."""


def raise_in(ident: int) -> None:
    """Raise `Ended` in a thread as soon as it is back from C code."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(Ended))


def raise_in_no_more(ident: int) -> None:
    """Take back what was not raised yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), None)


def call_back(ident: int) -> bool:
    """Get a thread back from the system; False if it is not the main thread, or cannot be."""
    if not _HAS_SIGNAL or ident != threading.main_thread().ident:
        return False
    signal.pthread_kill(ident, signal.SIGURG)
    return True


@contextmanager
def reachable(wanted: Callable[[], bool]) -> Iterator[None]:
    """The main thread, if it is what calls, can be called back from the system.

    Args:
        wanted: Is `Ended` to be raised in it now?
    """
    if not _HAS_SIGNAL or threading.current_thread() is not threading.main_thread():
        yield
        return

    def called(*_: object) -> None:
        if wanted():
            raise Ended

    before = signal.signal(signal.SIGURG, called)
    try:
        yield
    finally:
        signal.signal(signal.SIGURG, before)
