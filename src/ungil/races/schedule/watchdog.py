"""Looks after executions in this process: one that comes to no choice any more is given up.

Where a process is there for the test alone it can be ended (`program`). Here an exception is
raised in whoever hangs, as far as he can be reached.
"""

from __future__ import annotations

import _thread
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ungil.races.schedule.carriers.reaching import Ended, reachable
from ungil.races.schedule.control import Control
from ungil.races.schedule.world import NoEndError

__all__ = ["watched_over", "where_it_hangs"]

_TICK = 0.2
"""Seconds between two looks."""

_AGAIN = 1.0
"""Seconds after which who was not reached, or went on all the same, is tried again."""

_OFTEN = 3
"""After so many times it is told that it is of no use."""

_DEBUGGERS = frozenset({"bdb", "pdb"})
"""Modules."""


@contextmanager
def watched_over(control: Control, patience: float) -> Iterator[None]:
    """Executions that come to no choice for some time raise `NoEndError`.

    That reaches what computes, and if this is the main thread, also what waits in the system;
    of what cannot be reached it is told on standard error where it is. Who is in a debugger
    has time.

    Args:
        control: Of this process, which has begun.
        patience: For how many seconds nobody may come to a choice.
    """
    dog = _Dog(control, patience)
    try:
        with reachable(lambda: control.has_given_up), dog.awake():
            yield
    except Ended:  # it was over at the moment when it was given up
        raise NoEndError(dog.why) from None


def where_it_hangs(control: Control, home: int) -> str:
    """The innermost call that is not ours, of who runs or is away.

    Args:
        control: Of this process.
        home: The thread of the system that explores.
    """
    frame = _frame(control, home)
    ours = str(Path(__file__).parent)
    while frame is not None and frame.f_code.co_filename.startswith(ours):
        frame = frame.f_back
    if frame is None:
        return ""
    return f"{frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_qualname})"


def _frame(control: Control, home: int) -> FrameType | None:
    thread = control.occupied
    ident = home if thread is None or control.carrier != "threads" else thread.ident
    return sys._current_frames().get(ident)  # noqa: SLF001 - where all are


class _Dog:
    """A thread that looks.

    Attributes:
        why: What was given up, and where it was.
    """

    def __init__(self, control: Control, patience: float) -> None:
        self.why = ""
        self._control = control
        self._patience = patience
        self._home = threading.get_ident()

    @contextmanager
    def awake(self) -> Iterator[None]:
        """While it looks."""
        stop, stopped = _thread.allocate_lock(), _thread.allocate_lock()
        stop.acquire()
        stopped.acquire()

        def look() -> None:
            try:
                self._look(stop)
            finally:
                stopped.release()

        # No `Thread`, since the program may ask which there are.
        _thread.start_new_thread(look, ())
        try:
            yield
        finally:
            stop.release()
            stopped.acquire()

    def _look(self, stop: _thread.LockType) -> None:
        last, until, times = (0, 0), 0.0, 0
        while not stop.acquire(timeout=_TICK):
            now = self._control.executions, self._control.moves
            if now != last or self._is_debugged():
                last, until, times = now, time.monotonic() + self._patience, 0
            elif time.monotonic() > until:
                until, times = time.monotonic() + _AGAIN, times + 1
                self._give_up(times)

    def _give_up(self, times: int) -> None:
        if times == 1:
            place = where_it_hangs(self._control, self._home)
            self.why = (
                f"nobody comes to a choice for {self._patience:g} s; last seen in {place}. It "
                "computes without end, or waits for what does not come"
            )
        if times == _OFTEN:
            print(f"ungil: {self.why}. It cannot be ended from here.", file=sys.stderr, flush=True)
        self._control.give_up(self.why)

    def _is_debugged(self) -> bool:
        frame = _frame(self._control, self._home)
        while frame is not None and frame.f_globals.get("__name__") not in _DEBUGGERS:
            frame = frame.f_back
        return frame is not None
