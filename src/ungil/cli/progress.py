"""One line of progress on standard error, for what takes over half a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from ungil.findings import printable

__all__ = ["Progress"]

_PATIENCE = 0.5  # seconds in which a person needs no sign of life
_WORTH_TELLING = 5.0  # seconds that are left
_INTERVAL = 0.1  # seconds between two signs


class Progress:
    """Shows what is being done; silent where standard error is no terminal."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._next = time.monotonic() + _PATIENCE
        self._shown = False
        self._what = ""
        self._began = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Report `done` of `total` steps; a total of 0 is not known."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._began = what, now
        if not self._shows or now < self._next:
            return
        self._next = now + _INTERVAL
        self._shown = True
        count = f" {done}/{total}{self._left(now, done, total)}" if total else " …"
        sys.stderr.write(f"\r\x1b[K{what}{count}")
        sys.stderr.flush()

    def _left(self, now: float, done: int, total: int) -> str:
        """How long the rest will take at the pace so far, where that is worth telling."""
        seconds = (now - self._began) / done * (total - done) if done else 0.0
        if seconds < _WORTH_TELLING:
            return ""
        return (
            f", about {seconds:.0f} s left"
            if seconds < 90
            else f", about {seconds / 60:.0f} min left"
        )

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._wipe()
        print(f"ungil: {printable(text)}", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wipe the line, whatever happened."""
        self._wipe()

    def _wipe(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
