"""The numbers of orders: each is given out once."""

from __future__ import annotations

import threading


class Tickets:
    """Counts, whoever asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def take(self) -> int:
        """The next number."""
        with self._lock:
            self._last += 1
            return self._last
