"""Verify that an interpreter does what its name says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ungil.interpreters.judge import Cost, Judgement, judge_cost, judge_threads
from ungil.interpreters.measure import (
    MeasurementError,
    measure_pairs,
    measure_rounds,
    processors,
)
from ungil.interpreters.probe import Interpreter
from ungil.interpreters.survey import Unusable

__all__ = ["Verification", "counterpart", "verify"]


@dataclass(frozen=True, slots=True)
class Verification:
    """What was seen of an interpreter.

    Attributes:
        interpreter: Which one, with what it reports.
        threads: Whether two threads run at the same time.
        cost: How much slower one thread is; None if nobody asked, or if there
            is nothing to compare with.
        reference: The GIL-enabled build that it was compared with.
        alike: Were both built with the same options, as far as they say?
    """

    interpreter: Interpreter
    threads: Judgement
    cost: Cost | None = None
    reference: Interpreter | None = None
    alike: bool = True

    @property
    def verified(self) -> bool | None:
        """Is it free-threaded in name and in deed? None if that cannot be judged."""
        if not self.interpreter.python.free_threaded or self.interpreter.gil.on is not False:
            return False
        return self.threads.at_once


def verify(
    interpreter: Interpreter,
    others: Iterable[Interpreter | Unusable] = (),
    progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
) -> Verification:
    """Run two threads and two processes in it, and one thread in both builds.

    Args:
        interpreter: Which one.
        others: Where the GIL-enabled build of the same release is looked for.
        progress: Told what is being measured.
    """
    try:
        rounds, gil = measure_rounds(interpreter, progress)
        threads = judge_threads(rounds, processors())
    except MeasurementError as error:
        return Verification(interpreter, Judgement(None, f"{error}"))
    if gil and interpreter.gil.on is False:
        threads = Judgement(False, "the GIL was on when the threads had run")
    reference = counterpart(interpreter, others)
    if reference is None or gil:
        return Verification(interpreter, threads)
    if threads.at_once is None and processors() > 1:
        # What disturbed one measurement disturbs the other, seen or not.
        cost = Cost(None, None, None, "the machine is busy")
        return Verification(interpreter, threads, cost, reference)
    try:
        cost = judge_cost(measure_pairs(interpreter, reference, progress))
    except MeasurementError as error:
        cost = Cost(None, None, None, f"{error}")
    return Verification(interpreter, threads, cost, reference, _alike(interpreter, reference))


def counterpart(
    interpreter: Interpreter, others: Iterable[Interpreter | Unusable]
) -> Interpreter | None:
    """The GIL-enabled build of the same release, the most similar one.

    Of another release it would not be the GIL alone that differs.
    """
    if not interpreter.python.free_threaded:
        return None
    fitting = [
        one
        for one in others
        if isinstance(one, Interpreter)
        and not one.python.free_threaded
        and (one.version, one.debug, one.sanitizers)
        == (interpreter.version, interpreter.debug, interpreter.sanitizers)
    ]
    return max(fitting, key=lambda one: _alike(interpreter, one), default=None)


def _alike(one: Interpreter, other: Interpreter) -> bool:
    return (one.optimizations, one.jit) == (other.optimizations, other.jit)
