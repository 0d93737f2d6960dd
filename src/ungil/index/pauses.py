"""A server that asks to be left alone is left alone, by all threads.

Left to urllib3, each thread would wait on its own while the others go on asking; and
one that is told to wait for an hour would ask again much sooner, or wait without a word.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

__all__ = ["LIMITING", "SHORTEST", "Pauses"]

LIMITING = frozenset({429, 503})
"""The statuses that may come with `Retry-After` (RFC 9110, 15.6.4; RFC 6585, 4)."""

SHORTEST = 0.5
"""Seconds; a server that asks for none would be asked without end."""

_UNTOLD = 3  # times that a server is asked again which does not say when


class Pauses:
    """Which hosts want to be left alone, and for how long; safe to share by threads."""

    def __init__(self, longest: float, on_pause: Callable[[str, float], None]) -> None:
        """No host wants it yet.

        Args:
            longest: Seconds that one request may be held up, all its pauses together.
            on_pause: Told the host and the seconds, once for each pause.
        """
        self._longest = longest
        self._on_pause = on_pause
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def close(self) -> None:
        """Wake whoever waits: it is over."""
        self._closing.set()

    def open(self) -> None:
        """Begin again after a `close`."""
        self._closing.clear()

    def wait(self, host: str) -> None:
        """Wait while the host wants it.

        Raises:
            ConnectionAbortedError: There is no use in asking any more.
        """
        left = self._until.get(host, 0) - time.monotonic()
        if left > 0 and self._closing.wait(left):
            raise ConnectionAbortedError("closed while it waited")

    def ask_again(
        self, host: str, status: int, headers: Mapping[str, str], waits: list[float]
    ) -> bool:
        """Is a request that was refused worth repeating, after `wait`?

        Args:
            host: Who refused.
            status: One of `LIMITING`.
            headers: Of the refusal.
            waits: The pauses of this request so far, which are added to.
        """
        told = _seconds(headers.get("Retry-After"))
        if told is None and (status == 503 or len(waits) >= _UNTOLD):
            return False
        pause = max(SHORTEST * 2 ** len(waits) if told is None else told, SHORTEST)
        if sum(waits) + pause > self._longest:
            return False
        waits.append(pause)
        now = time.monotonic()
        with self._lock:
            # Requests that were under way together are refused together.
            news = self._until.get(host, 0) <= now
            self._until[host] = max(self._until.get(host, 0), now + pause)
        if news:
            self._on_pause(host, pause)
        return True


def _seconds(retry_after: str | None) -> float | None:
    """What `Retry-After` says, seconds or a date; None if it says nothing."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to import, seldom needed

    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
