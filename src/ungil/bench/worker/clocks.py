"""Time and memory of this process and of others."""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cpu_seconds", "shared_out_bytes"]

_PROCESS_CLOCK = 2
"""`CPUCLOCK_SCHED` of Linux's include/linux/posix-timers_types.h."""


def cpu_seconds(others: Sequence[int]) -> float | None:
    """Processor time of this process and others, so far.

    What `resource` says of children counts only those that have ended. Linux names a clock of
    each process by its number (`clock_getcpuclockid(3)`, which Python does not have).

    Args:
        others: Numbers of processes.

    Returns:
        Seconds; None if the others' are not known on this system.
    """
    seconds = time.process_time()
    for one in others:
        try:
            seconds += time.clock_gettime(~one << 3 | _PROCESS_CLOCK)
        except (AttributeError, OSError):
            return None
    return seconds


def shared_out_bytes(others: Sequence[int]) -> int | None:
    """Memory of this process and others, with what several have in common counted once.

    That is Linux's proportional set size (proc_pid_smaps_rollup(5)).

    Args:
        others: Numbers of processes.

    Returns:
        Bytes; None where it is not known.
    """
    total = 0
    for one in (os.getpid(), *others):
        try:
            with open(f"/proc/{one}/smaps_rollup", "rb") as file:  # noqa: PTH123 - pathlib would be the largest thing imported here
                line = next((line for line in file if line.startswith(b"Pss:")), None)
        except OSError:
            return None
        if line is None:
            return None
        total += int(line.split()[1]) * 1024
    return total
