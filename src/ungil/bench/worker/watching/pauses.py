"""How long the garbage collector takes; in a free-threaded build all threads wait for it."""

from __future__ import annotations

import gc
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Pauses"]


class Pauses:
    """All collections from now on."""

    def __init__(self) -> None:
        self._began = 0.0
        self._seconds: list[float] = []
        gc.callbacks.append(self._told)

    def begin(self) -> None:
        """Forget what was seen until now."""
        self._seconds.clear()

    def seen(self) -> dict[str, float]:
        """How many there were, and seconds of all and of the longest."""
        return {
            "count": len(self._seconds),
            "seconds": sum(self._seconds),
            "longest": max(self._seconds, default=0.0),
        }

    def _told(self, phase: str, _: dict[str, Any]) -> None:
        # One collection at a time, whatever the build.
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self._seconds.append(time.perf_counter() - self._began)
