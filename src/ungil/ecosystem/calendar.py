"""Days, the moments at which they end, and the days on which Pythons came out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

__all__ = ["PYTHON_RELEASES", "START", "day_of", "days", "end_of"]

START = date(2024, 8, 1)
"""Where every history begins: 3.13.0rc1, the first release whose ABI wheels could be
built for, is of that day (PEP 719), and free-threaded wheels hardly older."""

PYTHON_RELEASES: Mapping[str, date] = {
    "3.11": date(2022, 10, 24),  # PEP 664
    "3.12": date(2023, 10, 2),  # PEP 693
    "3.13": date(2024, 10, 7),  # PEP 719
    "3.14": date(2025, 10, 7),  # PEP 745
    "3.15": date(2026, 10, 9),  # PEP 790
}
"""The final releases, by series."""


def days(first: date, last: date) -> list[date]:
    """Every day from the first to the last one, both included."""
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def end_of(day: date) -> int:
    """The last second of a day (UTC), since the epoch."""
    return int(datetime.combine(day, time.max, UTC).timestamp())


def day_of(moment: int) -> date:
    """The day (UTC) of a moment."""
    return datetime.fromtimestamp(moment, UTC).date()
