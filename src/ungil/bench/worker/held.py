"""Of the processor time that a function takes, how much does it hold the GIL?

A second thread wakes now and then, and sees whether it has to wait for the GIL: if so, the
GIL was held at that moment. That is sampling, as `gil_load` does it, without its library in C
that has to be loaded before the interpreter.

On Linux it sleeps by the clock of the process's own processor time, so that what other
programs do, and what the function waits for, are not counted; and that it had to wait is told
by the kernel, which counts how often a thread gave up its processor by itself (getrusage(2),
`ru_nvcsw`): once for the sleep, and again for the GIL. Elsewhere it sleeps by the clock on the
wall, and has waited if it is late by half of the switch interval: an interpreter that holds
the GIL gives it up after that (`sys.setswitchinterval`). Whether either works here is tried
first, on a loop that holds the GIL and on a digest that does not.
"""

from __future__ import annotations

import hashlib
import random
import sys
import threading
import time

from ungil.runtime.status import gil_enabled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Eye(Protocol):
        """Sees whether the GIL is held, now and then.

        Attributes:
            awake: Does it look also while no processor is used?
        """

        awake: bool

        def looked(self, seconds: float) -> bool:
            """Sleep, and say whether the GIL was held then."""


__all__ = ["watched"]

_INTERVAL = 0.001
"""Seconds until the GIL is given up, while it is watched: we wait less, and look more often."""

_PAUSE = (0.0005, 0.0035)
"""Seconds between two looks; different ones, or we would march in step with the function."""

_ENOUGH = 250
"""Looks; then a share is known to 6 % (three quarters of them to less)."""

_PATIENCE = 1.5
"""Seconds of processor time in which enough looks should be taken."""

_TRIAL = 0.12
"""Likewise for each of the two functions whose shares are known."""

_LONGEST = 5.0
"""Seconds after which no further pass begins: the function waits, or the machine is busy."""

_TRIED = 15
"""Looks at each that tell enough."""

_LARGE = bytes(1_000_000)


class ByProcessorTime:
    """By the clock of the process, and the kernel's count of waits. Linux only."""

    awake = False

    def __init__(self) -> None:
        """Find what it needs.

        Raises:
            ImportError: This is not Linux, or the interpreter has no ctypes.
            OSError: The C library cannot be loaded.
        """
        import ctypes  # noqa: PLC0415 - not everywhere
        import resource  # noqa: PLC0415 - not on Windows

        if not hasattr(resource, "RUSAGE_THREAD"):
            raise ImportError("only Linux counts the waits of a thread")
        library = ctypes.CDLL(None)
        self._sleep = library.clock_nanosleep
        self._nanoseconds = ctypes.c_long * 2
        self._usage = resource.getrusage
        self._thread = resource.RUSAGE_THREAD

    def looked(self, seconds: float) -> bool:
        """Sleep until the process has used so much, and say whether the GIL was held then."""
        waits = self._usage(self._thread).ru_nvcsw
        self._sleep(
            time.CLOCK_PROCESS_CPUTIME_ID, 0, self._nanoseconds(0, int(seconds * 1e9)), None
        )
        return self._usage(self._thread).ru_nvcsw > waits + 1


class ByLateness:
    """By the clock on the wall, and how late it is."""

    awake = True

    def looked(self, seconds: float) -> bool:
        """Sleep, and say whether that took so long that the GIL must have been held."""
        began = time.perf_counter()
        time.sleep(seconds)
        return time.perf_counter() - began - seconds > _INTERVAL / 2


def watched(
    make: Callable[[], list[Any]], work: Callable[[list[Any]], object]
) -> dict[str, object]:
    """How often a function held the GIL when we looked.

    Args:
        make: Gives what the function is called with, anew each time; this is not watched.
        work: The function; called again and again until there are enough looks.

    Returns:
        `looks`, and `held`, how many of them met the GIL held; `untold`, why there are none.
    """
    if not gil_enabled():
        return _untold("the GIL is off")
    eye = _eye()
    for name, trial, least, most in (("a loop", _loop, 0.9, 1.0), ("a digest", _digest, 0.0, 0.25)):
        looks, met = _held(eye, list, trial, _TRIED, _TRIAL)
        if looks < _TRIED / 2 or not least <= met / looks <= most:
            return _untold(f"this system does not tell: {name} held it {met} of {looks:.0f} times")
    looks, met = _held(eye, make, work, _ENOUGH, _PATIENCE)
    return {"looks": looks, "held": met, "untold": ""}


def _held(
    eye: Eye,
    make: Callable[[], list[Any]],
    work: Callable[[list[Any]], object],
    enough: int,
    patience: float,
) -> tuple[float, int]:
    """How often we looked, and how often the GIL was held then."""
    looks: list[bool] = []
    working = ended = False

    def look() -> None:
        pause = random.Random(0)  # noqa: S311 - no secret
        while not ended:
            met = eye.looked(pause.uniform(*_PAUSE))
            if working:
                looks.append(met)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(_INTERVAL)
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    wall = cpu = 0.0
    end = time.perf_counter() + _LONGEST
    try:
        while len(looks) < enough and cpu < patience and time.perf_counter() < end:
            items = make()
            wall -= time.perf_counter()
            cpu -= time.process_time()
            working = True
            work(items)
            working = False
            wall += time.perf_counter()
            cpu += time.process_time()
    finally:
        ended = True
        while thread.is_alive():
            """It sleeps until the process has used some processor time."""
        sys.setswitchinterval(interval)
    met = sum(looks)
    # Of those that fell into waiting, none met the GIL held; what is asked is processor time.
    return max(met, len(looks) * (min(1.0, cpu / wall) if eye.awake and wall else 1.0)), met


def _eye() -> Eye:
    try:
        return ByProcessorTime()
    except (ImportError, OSError):
        return ByLateness()


def _untold(reason: str) -> dict[str, object]:
    return {"looks": 0, "held": 0, "untold": reason}


def _loop(_: object) -> None:
    for number in range(50_000):
        number * number


def _digest(_: object) -> None:
    # hashlib lets the GIL go for what is larger than 2047 bytes.
    for _ in range(5):
        hashlib.sha256(_LARGE).digest()
