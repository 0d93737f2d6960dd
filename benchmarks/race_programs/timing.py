"""How long one step of a loop takes, measured by the program itself.

A program of this folder gives its loops as `{name: (make, loop)}`, where `loop(data, n)` takes
n steps on what `make()` made. It does not know whether anybody watches it. None begins with
`from __future__`, since threadcheck puts an import before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

BATCH = 0.04
BATCHES = 5

Loops = dict[str, tuple[Callable[[], Any], Callable[[Any, int], object]]]


def measure(loops: Loops, protect: Callable[[Any], Any] = lambda data: data) -> None:
    """Print a line for each loop: nanoseconds of CPU time for a step, and its name.

    CPU time, since on a machine that others use as well the clock on the wall measures them.
    """
    for name, (make, loop) in loops.items():
        data = protect(make())
        steps, taken = 1, timed(loop, data, 1)
        while taken < BATCH / 2:
            steps *= 2
            taken = timed(loop, data, steps)
        steps = max(1, int(steps * BATCH / taken))
        batches: list[float] = []
        # What takes much longer than meant is measured once.
        while len(batches) < BATCHES and sum(batches) < 4 * BATCHES * BATCH:
            batches.append(timed(loop, data, steps))
        print(f"{statistics.median(batches) / steps * 1e9:.2f} {name}", flush=True)


def timed(loop: Callable[[Any, int], object], data: Any, steps: int) -> float:  # noqa: ANN401 - whatever the loop takes
    """CPU seconds."""
    began = time.process_time()
    loop(data, steps)
    return time.process_time() - began
