"""What reading wheels cost, and what was learnt by it."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from ungil.cache import Shelf
from ungil.index.addresses import origin
from ungil.index.model import File

__all__ = ["Learnt", "Traffic"]

T = TypeVar("T")


class Traffic:
    """How much of how many wheels was transferred; safe to share by threads.

    Attributes:
        wheels: How many were asked for.
        fetched: Bytes of them that were transferred.
        size: Bytes that they have.
    """

    def __init__(self) -> None:
        self.wheels = 0
        self.fetched = 0
        self.size = 0
        self._lock = threading.Lock()

    def __str__(self) -> str:
        count = f"{self.wheels} wheel{'' if self.wheels == 1 else 's'}"
        return f"Read {self.fetched:,} of {self.size:,} bytes of {count}."

    def add(self, fetched: int, size: int | None = None) -> None:
        """Count one wheel; without a size it came whole."""
        with self._lock:
            self.wheels += 1
            self.fetched += fetched
            self.size += fetched if size is None else size


class Learnt(Generic[T]):
    """Values about files, kept from run to run.

    A file is told by its hash, so one without a hash is always new. The host
    belongs to the key, so that no index can speak for the files of another by
    naming their hashes.
    """

    def __init__(self, shelf: Shelf[T]) -> None:
        self._shelf = shelf

    def get(self, file: File) -> T | None:
        """What is kept about a file, None if there is nothing."""
        return None if file.sha256 is None else self._shelf.get(_key(file))

    def put(self, file: File, value: T) -> None:
        """Keep what was found out about a file."""
        if file.sha256 is not None:
            self._shelf.put(_key(file), value)


def _key(file: File) -> str:
    return f"{origin(file.url)} {file.sha256} {file.name}"
