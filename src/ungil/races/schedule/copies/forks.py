"""A program that has come to where it starts its first thread, and goes on from there often.

Until then there is nothing to choose, so all schedules have it in common: imports, fixtures,
the collecting of tests. There the process waits, and for each schedule a copy of it goes on,
in which everything is as it was: what a library has kept for ever after its first use, too.
A copy that hangs, or ends the process, does no harm. (AFL runs what it tests in this way, and
calls it a fork server.)
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ungil.races.candidate import Candidate, Place
from ungil.races.schedule.control import Control
from ungil.races.schedule.exploring import Ran, Step, ran
from ungil.races.schedule.harm import ENDLESS, HUNG, judge, judge_each
from ungil.races.schedule.patience import Patience
from ungil.races.schedule.strategies import Replay, Strategy
from ungil.races.schedule.world import Outcome, World

__all__ = ["Forks", "be_quiet", "can_fork", "heard"]

_CALL = 0.1
"""Seconds between looks at the clock."""

_AFTER_HARM = 0.5
"""Seconds in which a program may still fail visibly, once harm was done."""


def can_fork() -> bool:
    """Can a process be copied here?"""
    return hasattr(os, "fork")


def be_quiet() -> None:
    """Let this process read and print nothing: what it would, another one has."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until its end


_Each = tuple[str, str, str, tuple[Sequence[int], Sequence[tuple[str, Sequence[Place]]]] | None]
"""The kind, text and thread of an outcome; of a failure also what `Ran` has of it."""


class _GoesOn(BaseException):
    """This process is a copy, which goes on."""

    def __init__(self, strategy: Strategy) -> None:
        super().__init__()
        self.strategy = strategy


class Forks:
    """Runs a program under control up to its first thread, and its copies from there on.

    Attributes:
        patience: After how many seconds a copy that has not ended hangs.
    """

    def __init__(self, control: Control, patience: float) -> None:
        """Prepare it.

        Args:
            control: Of this process.
            patience: See above.
        """
        self.patience = patience
        self._control = control
        self._tells: int | None = None
        self._candidates: Sequence[Candidate | None] = ()
        self._passed = self._next = 0

    def begin(
        self, function: Callable[[], object], work: Callable[[], object], *, at_start: bool
    ) -> None:
        """Run a function up to where its copies begin, and do something there.

        It comes back when the function has ended and started no thread.

        Args:
            function: What the main thread does.
            work: What is done there, with `run`; must not come back, but in a copy.
            at_start: Do the copies begin with the function, rather than with its first
                thread? What the system keeps for a process, such as the files that an epoll
                waits for, is one and the same in all copies.
        """

        def worked() -> Strategy:
            try:
                with self._control.suspended():
                    work()
            except _GoesOn as copy:
                be_quiet()
                return copy.strategy
            raise RuntimeError("the work is done, and did not end the process")

        if at_start:
            world, outcome = self._control.execute(function, worked())
        else:
            # Until its first thread starts, it is asked nothing.
            nothing = Replay((), strict=False)
            world, outcome = self._control.execute(function, nothing, worked)
        if self._tells is not None:
            try:
                self._tell(self._tells, world, outcome)
            finally:
                # Nobody is waited for, and nothing is done at its end.
                os._exit(0)

    def run(self, strategy: Strategy, candidates: Sequence[Candidate | None]) -> list[Ran]:
        """How a copy ends that goes on as a strategy chooses; to be called by the work.

        Args:
            strategy: Chooses.
            candidates: What the end is looked at for, one after the other; None for what the
                program itself makes of it. If it is fixed where one is chosen, the first of
                them is also looked for on the way, and if it is met there, the program need not
                come to its end.

        Returns:
            For each of them what it means. Only of those that are failures it is known what
            was done.
        """
        reader, writer = os.pipe()
        # Not by `os.fork`, which has registered that a thread that is about to start, as one
        # is here, has ended; and which draws new random numbers.
        number = _fork()
        if not number:
            os.close(reader)
            self._tells, self._candidates = writer, candidates
            self._control.looks = self._look if self._control.fixed else None
            raise _GoesOn(strategy)
        os.close(writer)
        said, is_all = heard(reader, self.patience, number, _AFTER_HARM)
        os.close(reader)
        on_one = self._control.carrier == "greenlets"
        waits = not is_all and (_sleeps(number) if on_one else not said)
        if not is_all:
            os.kill(number, signal.SIGKILL)
        _, status = os.waitpid(number, 0)
        *lines, _ = said.split(b"\n")
        if waits or (not is_all and not lines):
            # Who waits for more than locks is to be run on another carrier, harm or not.
            kind, text = HUNG if waits else ENDLESS, f"it did not end within {self.patience:g} s"
            return [Ran(Outcome(kind, text), (), (), learnt=False)] * len(candidates)
        try:
            whole = json.loads(lines[-1])
        except (ValueError, IndexError):
            code = os.waitstatus_to_exitcode(status)
            ended = Outcome(HUNG, f"it ended its process, with {code}")
            return [Ran(ended, (), (), learnt=False)] * len(candidates)
        return self._told(**whole)

    def _look(self, world: World) -> None:
        """Somebody has come to a place: was harm done? It is not looked each time."""
        self._passed += 1
        (candidate, *_) = self._candidates
        if self._tells is None or candidate is None or self._passed < self._next:
            return
        self._next = self._passed + self._passed // 4
        passed = Outcome("passed")
        if judge(candidate, world, passed).is_failure:
            world.passed = None
            self._tell(self._tells, world, passed)

    def _tell(self, writer: int, world: World, outcome: Outcome) -> None:
        each: list[_Each] = []
        for told in judge_each(self._candidates, world, outcome):
            one = ran(world, told) if told.is_failure else None
            shown = None if one is None else (one.used, one.steps)
            each.append((told.kind, told.text, told.thread, shown))
        whole = {
            "choices": world.choices,
            "each": each,
            "learnt": self._control.shared if world.learnt else None,
        }
        with os.fdopen(writer, "w", encoding="utf-8", closefd=False) as file:
            file.write(json.dumps(whole) + "\n")

    def _told(
        self,
        choices: Sequence[str],
        each: Iterable[_Each],
        learnt: list[Place] | None,
    ) -> list[Ran]:
        if learnt is not None:
            self._control.learn((path, line, text) for path, line, text in learnt)
        made = []
        for kind, text, thread, shown in each:
            used, steps = ((), ()) if shown is None else shown
            chosen = choices if shown is None else choices[: len(used)]
            done = tuple(_step(*one) for one in steps)
            told = Outcome(kind, text, thread)
            made.append(Ran(told, tuple(chosen), done, learnt is not None, tuple(used)))
        return made


def _step(thread: str, lines: Iterable[Place]) -> Step:
    return Step(thread, tuple((path, line, text) for path, line, text in lines))


def _sleeps(number: int) -> bool:
    """Does a process wait, rather than compute? Where the system does not say so, it may."""
    try:
        said = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    return said.rpartition(")")[2].split()[0] != "R"


def _fork() -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    # Keeping the GIL, if there is one, so that the copy has it.
    number: int = ctypes.PyDLL(None).fork()
    if number < 0:
        raise OSError("the process cannot be copied")
    return number


def heard(
    reader: int, patience: float, number: int = 0, after: float = math.inf
) -> tuple[bytes, bool]:
    """What is written at the other end, and whether that is all: is it closed in time?

    Args:
        reader: This end.
        patience: For how many seconds it is waited.
        number: Of a process that writes, if it is known. As long as it computes, and others
            have taken the processor from it, it is waited a few times as long.
        after: For how many seconds it is waited once something was written.
    """
    said = bytearray()
    until = math.inf
    waiting = Patience(lambda: _computed(number))
    while time.monotonic() < until and not waiting.is_over(patience):
        ready, _, _ = select.select([reader], [], [], _CALL)
        if ready:
            piece = os.read(reader, 1 << 16)
            if not piece:
                return bytes(said), True
            if not said:
                until = time.monotonic() + after
            said += piece
    return bytes(said), False


def _computed(number: int) -> float:
    """Seconds of a processor that another process has used; 0 where that is not told."""
    if sys.platform != "linux" or not number:
        return 0.0
    # As clock_getcpuclockid has it (glibc, sysdeps/unix/sysv/linux/clock_getcpuclockid.c).
    return time.clock_gettime(~number << 3 | 2)
