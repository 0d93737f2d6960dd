"""At which lines threads sleep, whatever they wait for: looked at every few milliseconds."""

from __future__ import annotations

import sys
import threading

from ungil.bench.worker.project import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Sleepers"]

_PERIOD = 0.005
"""Seconds. Looking stops all threads of a free-threaded build for a moment."""


class Sleepers:
    """Threads that are looked at until `end`; nothing where the system does not say who sleeps."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._counts: dict[tuple[str, int], int] = {}
        self._looks = 0
        self._thread = threading.Thread(target=self._look, daemon=True)

    def begin(self, threads: list[threading.Thread]) -> None:
        """Look at these threads from now on."""
        self._threads = threads
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def seen(self) -> list[dict[str, Any]]:
        """Of each line, the share of looks at a thread in which it slept there."""
        return [
            {"file": file, "line": line, "share": count / self._looks}
            for (file, line), count in self._counts.items()
        ]

    def _look(self) -> None:
        while not self._over.wait(_PERIOD):
            for one in self._threads:
                if one.is_alive() and one.native_id is not None:
                    self._looks += 1
                    if _sleeps(one.native_id):
                        self._count(one.ident)

    def _count(self, number: int | None) -> None:
        at = where(sys._current_frames().get(number or 0))  # noqa: SLF001 - the documented way to another's stack
        if at is not None:
            self._counts[at] = self._counts.get(at, 0) + 1


def _sleeps(thread: int) -> bool:
    """Does a thread neither run nor wait for a processor? See proc_pid_stat(5)."""
    try:
        with open(f"/proc/self/task/{thread}/stat", encoding="ascii") as file:  # noqa: PTH123 - pathlib would be the largest thing imported here
            return file.read().rpartition(")")[2].split()[0] in {"S", "D"}
    except OSError:
        return False
