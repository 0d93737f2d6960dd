"""A process that is busy when it is told to, and shares nothing: the work of the yardstick.

    python busy.py

For each line with a number of seconds it works so long, and answers with a line: how many units
it did, the processor time that it took, and the seconds that passed. It is a file of its own
that imports the standard library only.
"""

from __future__ import annotations

import sys
import time


def work() -> int:
    """One unit: about a tenth of a millisecond, in the processor's own caches."""
    total = 0
    for number in range(1_000):
        total += number * number % 7
    return total


def busy(seconds: float) -> tuple[int, float, float]:
    """Work for so long; units, seconds of processor time, and seconds that passed."""
    units = 0
    began, cpu = time.perf_counter(), time.process_time()
    while not units or time.perf_counter() - began < seconds:
        work()
        units += 1
    return units, time.process_time() - cpu, time.perf_counter() - began


def main() -> None:
    """Answer each line of standard input."""
    busy(0.02)  # so that the code is specialised
    for line in sys.stdin:
        print(*busy(float(line)), flush=True)


if __name__ == "__main__":
    main()
