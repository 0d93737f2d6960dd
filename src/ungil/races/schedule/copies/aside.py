"""Something that is done in a copy of this process, which is left as it is."""

from __future__ import annotations

import _thread
import os
import signal
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from ungil.races.schedule.copies.forks import be_quiet, heard

__all__ = ["Tell", "aside"]

Tell = Callable[[bytes], NoReturn]
"""Ends the copy."""

_LOCKS = ("_active_limbo_lock", "_shutdown_locks_lock")
"""Of `threading`, which makes them anew after a fork; who is in control knows the old ones."""


def aside(body: Callable[[Tell], object], limit: float) -> bytes:
    """What a copy of this process tells, which does nothing else; nothing if it ends before.

    Args:
        body: What it does; it reads and prints nothing.
        limit: After how many seconds it is ended, with all that it has started.

    Raises:
        OSError: The process cannot be copied.
    """
    reader, writer = os.pipe()
    locks = {name: one for name, one in vars(threading).items() if name in _LOCKS}
    with warnings.catch_warnings():
        # Who started threads before is told of it by Python; the copy does not need them.
        warnings.simplefilter("ignore", DeprecationWarning)
        number = os.fork()
    if not number:
        os.close(reader)
        vars(threading).update(locks)
        _be_copy(body, writer)
    os.close(writer)
    with suppress(OSError):
        os.setpgid(number, number)  # as it does itself, whoever is first
    try:
        said, is_all = heard(reader, limit)
        return said if is_all else b""
    finally:
        os.close(reader)
        # With all that it has started, and that has started.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(number, signal.SIGKILL)
        os.waitpid(number, 0)


def _be_copy(body: Callable[[Tell], object], writer: int) -> NoReturn:
    told = _thread.allocate_lock()

    def tell(said: bytes) -> NoReturn:
        told.acquire()  # whoever is later comes to no end, but with the process
        with os.fdopen(writer, "wb") as file:
            file.write(said)
        os._exit(0)

    # A group of its own, so that it can be ended as a whole.
    os.setpgid(0, 0)
    be_quiet()
    try:
        body(tell)
    finally:
        # Whatever happened, this process is not the one that it was copied from.
        os._exit(1)
