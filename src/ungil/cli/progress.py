"""One line of progress on standard error, for what takes over half a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from ungil.findings import printable

__all__ = ["Progress"]

_PATIENCE = 0.5  # seconds in which a person needs no sign of life
_INTERVAL = 0.1  # seconds between two signs


class Progress:
    """Shows what is being done; silent where standard error is no terminal."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._next = time.monotonic() + _PATIENCE
        self._shown = False

    def __call__(self, what: str, done: int, total: int) -> None:
        """Report `done` of `total` steps; a total of 0 is not known."""
        now = time.monotonic()
        if not self._shows or now < self._next:
            return
        self._next = now + _INTERVAL
        self._shown = True
        count = f" {done}/{total}" if total else " …"
        sys.stderr.write(f"\r\x1b[K{what}{count}")
        sys.stderr.flush()

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
