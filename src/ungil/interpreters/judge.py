"""From what was measured to what may be said; plain data in, plain data out.

Nobody should believe a measurement from a machine that was doing something
else. So every judgement has a control, and says that it cannot judge where
the control fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["Cost", "Judgement", "Pair", "Round", "Run", "judge_cost", "judge_threads"]

# Of two processors, what two processes must get before anything is judged.
_ENOUGH_CORES = 1.6
# Of what two processes get, what two threads must get to be at the same time.
_ENOUGH_SHARE = 0.8
# With the GIL two threads get one processor, and a little for passing it on.
_ONE_CORE = 1.15

_FEWEST_PAIRS = 5
# Of its wall-clock time, what one thread must get of a processor.
_UNDISTURBED = 0.9
# Between the smallest and the largest ratio, relative to the median.
_WIDEST = 0.25


@dataclass(frozen=True, slots=True)
class Round:
    """Two threads, and as a control two processes.

    Attributes:
        threads: How many processors two threads kept busy: the processor time
            of their process over the wall-clock time.
        processes: How many two processes did at the same time.
        speedup: How many times the work of one thread two threads did.
    """

    threads: float
    processes: float
    speedup: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether two threads run at the same time.

    Attributes:
        at_once: None if that cannot be judged.
        text: What was seen; a sentence without a full stop.
    """

    at_once: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """One thread, working.

    Attributes:
        units: How much it did.
        cpu: Seconds of processor time it took.
        wall: Seconds that passed.
    """

    units: float
    cpu: float
    wall: float

    @property
    def undisturbed(self) -> bool:
        """Did it have a processor all the time, and do something?"""
        return self.units > 0 and self.cpu > 0 and self.cpu >= _UNDISTURBED * self.wall


@dataclass(frozen=True, slots=True)
class Pair:
    """The same work on both builds, one directly after the other."""

    free_threaded: Run
    gil_enabled: Run


@dataclass(frozen=True, slots=True)
class Cost:
    """How much slower one thread is on the free-threaded build.

    Attributes:
        ratio: Its processor time over that of the GIL-enabled build, for the
            same work: the median of the pairs. None if it cannot be judged.
        low: The smallest of the pairs.
        high: The largest.
        text: What was seen; a sentence without a full stop.
    """

    ratio: float | None
    low: float | None
    high: float | None
    text: str


def judge_threads(rounds: Sequence[Round], processors: int) -> Judgement:
    """Do two threads run at the same time?

    Yes, if they get nearly what two processes get. No, if in every round they
    got one processor while two processes got two. Everything else is no
    evidence: a third program that takes a processor looks like a lock.

    Args:
        rounds: What was measured.
        processors: How many we may use, as the operating system says.
    """
    if not rounds:
        return Judgement(None, "nothing was measured")
    if processors < 2:
        return Judgement(None, "there is one processor only, so nothing runs at the same time")
    threads = median(r.threads for r in rounds)
    processes = median(r.processes for r in rounds)
    seen = f"two threads kept {threads:.2f} processors busy, two processes {processes:.2f}"
    if processes < _ENOUGH_CORES:
        return Judgement(None, f"{seen}: the machine is busy")
    if threads >= _ENOUGH_SHARE * processes:
        speedup = median(r.speedup for r in rounds)
        return Judgement(True, f"{seen}; they did {speedup:.2f} times the work of one")
    quiet = all(r.processes >= _ENOUGH_CORES for r in rounds)
    if quiet and all(r.threads <= _ONE_CORE for r in rounds):
        return Judgement(False, f"{seen}: they take turns")
    return Judgement(None, f"{seen}: neither one processor nor two, so the machine may be busy")


def judge_cost(pairs: Sequence[Pair]) -> Cost:
    """How much slower is one thread?

    Of processor time rather than of wall-clock time, so that what was done by
    others in between does not count; it still does harm to caches and clocks,
    so pairs in which a thread had to wait are left out.
    """
    ratios = sorted(
        (pair.free_threaded.cpu / pair.free_threaded.units)
        / (pair.gil_enabled.cpu / pair.gil_enabled.units)
        for pair in pairs
        if pair.free_threaded.undisturbed and pair.gil_enabled.undisturbed
    )
    if len(ratios) < _FEWEST_PAIRS:
        text = f"{len(ratios)} of {len(pairs)} pairs were undisturbed, which is too few"
        return Cost(None, None, None, f"{text}: the machine is busy")
    ratio, low, high = median(ratios), ratios[0], ratios[-1]
    seen = f"{low:.2f} to {high:.2f} in {len(ratios)} pairs"
    if high - low > _WIDEST * ratio:
        return Cost(None, low, high, f"{seen}, which is too wide: the machine is busy")
    return Cost(ratio, low, high, f"{ratio:.2f} times the processor time, {seen}")
