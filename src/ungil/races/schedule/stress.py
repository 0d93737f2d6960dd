"""A test in plain threads, again and again, without any control.

Nobody chooses here and nothing is instrumented: threads that are started in a row begin at the
same moment, and the interpreter switches between them as often as it can. What they can do to
each other they do in one of some thousand trials, if a little luck is all that it takes.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from ungil.races.schedule.exploring import Exploration, Failure
from ungil.races.scope import is_foundation

__all__ = ["Stress"]

_INTERVAL = 1e-6
"""Seconds between two switches, where there is a GIL."""

_STILL = 0.005
"""Seconds without another start after which those that are held back begin: their starter may
wait for them where it is not seen, in C code."""

_MEET = 0.001
"""Seconds at most that a thread, once it is awake, spins until the others are."""


class Stress:
    """Runs a test in plain threads.

    While it does so the process has other settings, and methods of `threading` are exchanged;
    so nothing else should run there.
    """

    def __init__(self, test: Callable[[], object]) -> None:
        """Prepare it.

        Args:
            test: Starts threads, and fails by an exception, in any of them or in itself.
        """
        self._test = test
        self._trials = self._most = 0
        self._began = 0.0
        self._started: list[threading.Thread] = []
        self._errors: list[tuple[str, BaseException]] = []

    def run(
        self, trials: int, seconds: float, done: Callable[[int], object] = lambda _: None
    ) -> Exploration:
        """Try until one fails.

        A trial has ended when all its threads have, but for daemons and for the workers of
        pools, which may stay for the next.

        Args:
            trials: How many at most.
            seconds: How long at most.
            done: Is told of each.
        """
        self._trials, self._most, self._began = 0, 1, time.monotonic()
        interval = sys.getswitchinterval()
        sys.setswitchinterval(_INTERVAL)
        try:
            while self._trials < trials and time.monotonic() - self._began < seconds:
                self._trial()
                self._trials += 1
                self._most = max(self._most, len(self._started) + 1)
                done(self._trials)
                if self._errors:
                    return self._found(self._failed())
        finally:
            sys.setswitchinterval(interval)
        return self._found(None)

    def hung(self) -> Exploration:
        """What another thread says if a trial comes to no end."""
        self._trials += 1
        if self._errors:  # which is why
            return self._found(self._failed())
        threads = [one for one in (threading.main_thread(), *self._started) if one.is_alive()]
        frames = sys._current_frames()  # noqa: SLF001 - where they are
        places = "; ".join(f"{one.name} {_place(frames.get(one.ident or 0))}" for one in threads)
        return self._found(Failure("deadlock", places, "", (), (), self._trials))

    def _trial(self) -> None:
        with _threading_of(self._errors), _held_back() as held:
            self._started = held.started
            try:
                self._test()
            except BaseException as error:  # noqa: BLE001 - it is the program's
                self._errors.append(("", error))
            held.release()
            for thread in held.started:
                if not (self._errors or thread.daemon or _is_of_pool(thread)):
                    thread.join()

    def _failed(self) -> Failure:
        where, error = self._errors[0]
        text = traceback.format_exception_only(error)[0].splitlines()[0] + where
        return Failure("failed", text, "", (), (), self._trials, error=error)

    def _found(self, failure: Failure | None) -> Exploration:
        seconds = time.monotonic() - self._began
        return Exploration(
            "stress",
            self._trials,
            failure,
            complete=False,
            bound="",
            seconds=seconds,
            threads=self._most,
            choices=0,
            carrier="threads",
        )


class _Batch:
    """Threads that begin at the same moment.

    Attributes:
        size: How many they are.
        opened: Set when they may begin.
    """

    def __init__(self) -> None:
        self.size = 0
        self.opened = threading.Event()
        self._awake: list[None] = []

    def meet(self) -> None:
        """Wait until it is opened, or none was added for a while; then for each other."""
        size = 0
        while size != self.size:
            size = self.size
            if self.opened.wait(_STILL):
                break
        self.opened.set()
        # They are woken one after the other, which takes longer than what some of them do.
        self._awake.append(None)
        until = time.perf_counter() + _MEET
        while len(self._awake) < self.size and time.perf_counter() < until:
            pass


class _Held(threading.local):
    """Those that the current thread has started, and that are held back.

    Attributes:
        batch: None if there are none.
        started: What all threads have started, in order.
    """

    batch: _Batch | None = None

    def __init__(self, started: list[threading.Thread]) -> None:
        self.started = started

    def release(self) -> None:
        """Let them begin."""
        batch, self.batch = self.batch, None
        if batch is not None:
            batch.opened.set()

    def start(self, thread: threading.Thread, start: Callable[[threading.Thread], None]) -> None:
        """Start a thread that begins together with the others."""
        batch, self.batch = self.batch, None  # starting waits as well, and releases nobody
        if batch is None or batch.opened.is_set():
            batch = _Batch()
        run = thread.run

        def together() -> None:
            vars(thread).pop("run", None)
            batch.meet()
            try:
                run()
            finally:
                self.release()

        vars(thread)["run"] = together
        batch.size += 1
        try:
            start(thread)
            self.started.append(thread)
        except RuntimeError:
            batch.size -= 1
            raise
        finally:
            self.batch = batch


@contextmanager
def _held_back() -> Iterator[_Held]:
    """Threads that are started are held back, until their starter waits or ends."""
    held = _Held([])
    thread: Any = threading.Thread
    condition: Any = threading.Condition
    start, join, wait = thread.start, thread.join, condition.wait

    def together(self: threading.Thread) -> None:
        if self.ident is None:
            held.start(self, start)
        else:
            start(self)  # which says that it cannot be started twice

    def releasing_join(self: threading.Thread, timeout: float | None = None) -> None:
        held.release()
        join(self, timeout)

    def releasing_wait(self: threading.Condition, timeout: float | None = None) -> bool:
        if timeout is None or timeout > 0:  # a pool asks, without waiting, if somebody is idle
            held.release()
        came: bool = wait(self, timeout)
        return came

    thread.start, thread.join, condition.wait = together, releasing_join, releasing_wait
    try:
        yield held
    finally:
        thread.start, thread.join, condition.wait = start, join, wait


@contextmanager
def _threading_of(errors: list[tuple[str, BaseException]]) -> Iterator[None]:
    """Threads are numbered from 1 in each trial, and what they do not catch is noted."""
    module: Any = threading
    hook, counter = module.excepthook, module._counter  # noqa: SLF001 - there is no other name for it

    def excepthook(args: Any, /) -> None:  # noqa: ANN401 - as threading has it
        if not isinstance(args.exc_value, SystemExit):
            where = "" if args.thread is None else f", in {args.thread.name}"
            errors.append((where, args.exc_value))

    module.excepthook, module._counter = excepthook, itertools.count(1).__next__  # noqa: SLF001 - there is no other name for it
    try:
        yield
    finally:
        module.excepthook, module._counter = hook, counter  # noqa: SLF001 - there is no other name for it


def _is_of_pool(thread: threading.Thread) -> bool:
    """Does it wait for work until the process ends, or nobody has its pool any more?"""
    pools = sys.modules.get("concurrent.futures.thread")
    return pools is not None and thread in vars(pools)["_threads_queues"]


def _place(frame: FrameType | None) -> str:
    """Where a thread is: its innermost call that is not of the standard library."""
    inner = frame
    while frame is not None and is_foundation(frame.f_code.co_filename):
        frame = frame.f_back
    frame = frame or inner
    if frame is None:
        return "ends"
    code = frame.f_code
    return f"at {Path(code.co_filename).name}:{frame.f_lineno} ({code.co_qualname})"
