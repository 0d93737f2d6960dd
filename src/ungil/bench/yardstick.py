"""What the machine gives to so many processes that share nothing, at the moment.

No arm can be faster than that: the clock of a processor goes down when others are busy, two
processors may be one core, and somebody else may be using them. So it is measured in each
round, beside what is compared with it. `concluding` says what it means.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ungil.bench.model import Yardstick

__all__ = ["Yardsticks", "yardsticks"]

_BUSY = Path(__file__).with_name("busy.py")

SECONDS = 0.2
"""For each number of workers: two periods of a control group's share of time."""


class Yardsticks:
    """Processes that wait until they are told to be busy.

    Attributes:
        taken: What was measured so far, by the number of workers.
    """

    def __init__(self, counts: Sequence[int], waiting: Sequence[subprocess.Popen[str]]) -> None:
        self._waiting = waiting
        self.taken = {count: Yardstick(count, (), ()) for count in sorted({1, *counts})}

    def take(self) -> None:
        """Measure once, for each number of workers.

        Raises:
            OSError: A process has ended.
        """
        for count, so_far in self.taken.items():
            busy, rate = _at_once(self._waiting[:count])
            self.taken[count] = Yardstick(count, (*so_far.busy, busy), (*so_far.rate, rate))


@contextmanager
def yardsticks(counts: Sequence[int]) -> Iterator[Yardsticks]:
    """Start as many processes as the most workers; they are ended behind it.

    Args:
        counts: Numbers of workers; 1 is always among those that are measured.

    Raises:
        OSError: A process cannot be started.
    """
    with ExitStack() as stack:
        waiting = [_start(stack) for _ in range(max((1, *counts)))]
        yield Yardsticks(counts, waiting)


def _start(stack: ExitStack) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - this very interpreter, with a file of ours
        [sys.executable, "-I", "-S", str(_BUSY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # Ctrl-C ends it as well, and it would complain
        text=True,
    )
    stack.enter_context(process)
    stack.callback(process.kill)  # comes first, so that nothing is waited for
    return process


def _at_once(processes: Sequence[subprocess.Popen[str]]) -> tuple[float, float]:
    """How many processors they had, and what they did in a second."""
    for one in processes:
        assert one.stdin is not None  # noqa: S101 - as started
        one.stdin.write(f"{SECONDS}\n")
        one.stdin.flush()
    busy = rate = 0.0
    for one in processes:
        assert one.stdout is not None  # noqa: S101 - as started
        answer = one.stdout.readline().split()
        if len(answer) != 3:
            raise OSError("a process of the yardstick has ended")
        units, cpu, wall = map(float, answer)
        busy += cpu / wall
        rate += units / wall
    return busy, rate
