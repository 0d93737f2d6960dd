"""What two runs that were looked at closely make worth trying. Nothing is concluded here."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from ungil.bench.diagnose.balance import idle, longest_first, makespan
from ungil.bench.diagnose.model import WORTH, Ask, Run, Trial

__all__ = ["LONGER", "lengths", "trials", "uneven"]

_TINY = 200e-6
"""Seconds. A task that takes longer than that is worth its sending (12-17 µs)."""

_ASLEEP = 0.3
"""The share of its time in which a thread that is alone sleeps, so that others could run."""

_PAUSES = 0.03
"""The share of the time for which the garbage collector runs."""

LONGER = 4
"""So many times as many threads are tried where tasks wait."""


def lengths(alone: Run) -> list[float]:
    """What each item takes in one thread, of processor time or asleep; empty if not known."""
    return [max(cpu, seconds * alone.asleep) for seconds, cpu in alone.pieces]


def uneven(alone: Run, workers: int) -> tuple[float, float]:
    """How long workers are idle as it is, and how much faster another order could be.

    From what each item takes in one thread: that does not depend on who was let wait.

    Args:
        alone: The run in one thread, with what each item took.
        workers: How many there are to be.

    Returns:
        The share of their time; and a factor, 1 if no order helps.
    """
    taken = lengths(alone)
    if len(taken) < workers:
        return 0.0, 1.0
    best = makespan([taken[at] for at in longest_first(taken)], workers)
    return idle(taken, workers), makespan(taken, workers) / best if best > 0 else 1.0


def trials(look: Run, alone: Run, workers: int, *, shared: bool) -> Iterator[Trial]:
    """What is to be measured.

    Args:
        look: The run in threads that was looked at closely.
        alone: Likewise in one thread.
        workers: How many threads there were.
        shared: Is there an object that could be private?
    """
    plain = Ask(workers, workers)
    work, cpu, last = attrgetter("work"), attrgetter("cpu"), attrgetter("last")
    isolated, one = Ask(workers, workers, "isolated"), Ask(1, workers)
    yield Trial("threads", plain, one, work, fact=True, together=True)
    yield Trial("isolated", isolated, one, work, fact=True, together=True)
    if shared:
        yield Trial("private", plain, Ask(workers, workers, "private"), work, together=True)
    if look.pauses.seconds > _PAUSES * look.wall:
        yield Trial("frozen", plain, Ask(workers, workers, "frozen"), work)
    _, better = uneven(alone, workers)
    if better >= WORTH:
        ordered = Ask(workers, workers, "ordered", order=longest_first(lengths(alone)))
        as_it_is = Ask(workers, workers, "ordered", order=tuple(range(alone.items)))
        yield Trial("ordered", as_it_is, ordered, last, together=True)
    if alone.work / alone.items < _TINY:
        yield Trial("pieces", Ask(workers, workers, "singly"), plain, cpu)
    if alone.asleep > _ASLEEP:
        many = Ask(workers * LONGER, workers * LONGER)
        yield Trial("many", plain, many, last)
