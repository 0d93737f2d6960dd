"""What was learnt before, on disk.

One file for each entry. Measured against SQLite (WAL, one row for each entry)
on 300 entries of 60 KB: both read all of them in 30 to 35 ms, and SQLite's
import takes 8 ms. Files need no locking between processes, and a damaged one
loses one entry and not all.

An entry is written beside its place and then moved there, so a reader sees
the old one or the new one and never half of one, whoever is killed when. A
checksum catches what a crash of the machine can still leave.
"""

from __future__ import annotations

import hashlib
import os
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

__all__ = ["Cache", "Shelf", "cache_directory"]

T = TypeVar("T")

_LITTER_AGE = 3600.0  # seconds; no write takes that long


def cache_directory() -> Path:
    """`UNGIL_CACHE_DIR`, or else the user's directory for caches."""
    chosen = os.environ.get("UNGIL_CACHE_DIR")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path  # noqa: PLC0415 - not every run needs it

    return user_cache_path("ungil", appauthor=False)


class Cache:
    """A directory of entries; where it cannot be used, none are kept.

    Attributes:
        warning: One line that says why nothing can be kept, None while all is
            well.
    """

    def __init__(self, directory: Path, form: str) -> None:
        """Nothing is read or written yet.

        Args:
            directory: Where all that ungil keeps is, e.g. `cache_directory()`.
            form: Whose entries they are and in which format, e.g. `index-1`;
                to be raised with every change of what is stored.
        """
        self._directory = directory / form
        self._ready: set[Path] = set()
        self.warning: str | None = None

    def read(self, kind: str, key: str) -> memoryview | None:
        """An entry's bytes as they were written, None if there is none."""
        try:
            data = self._path(kind, key).read_bytes()
        except OSError:
            return None
        body = memoryview(data)[4:]
        return body if zlib.crc32(body) == int.from_bytes(data[:4], "big") else None

    def write(self, kind: str, key: str, body: bytes) -> None:
        """Keep an entry, if that is possible."""
        if self.warning is not None:
            return
        path = self._path(kind, key)
        try:
            self._prepare(path.parent)
            _replace(path, zlib.crc32(body).to_bytes(4, "big"), body)
        except OSError as error:
            self.warning = (
                f"nothing is cached, because {path.parent} cannot be written: "
                f"{error.strerror or type(error).__name__}"
            )

    def _path(self, kind: str, key: str) -> Path:
        # Hashed, because a key may hold anything and a file name may not.
        return self._directory / kind / hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()

    def _prepare(self, folder: Path) -> None:
        if folder in self._ready:
            return
        # What is told to one user is not for other users' eyes.
        for directory in (folder.parent.parent, folder.parent, folder):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Whoever was killed while writing left a file behind.
        for litter in folder.glob("*.tmp"):
            with suppress(FileNotFoundError):  # somebody else's, and moved meanwhile
                if litter.stat().st_mtime < time.time() - _LITTER_AGE:
                    litter.unlink()
        self._ready.add(folder)


class Shelf(Generic[T]):
    """The entries of one kind, as values."""

    def __init__(self, cache: Cache, kind: str, of: type[T]) -> None:
        self._cache = cache
        self._kind = kind
        self._decode = msgspec.msgpack.Decoder(of).decode

    def get(self, key: str) -> T | None:
        """The value kept for `key`, None if there is no usable one."""
        body = self._cache.read(self._kind, key)
        if body is None:
            return None
        try:
            return self._decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def put(self, key: str, value: T) -> None:
        """Keep `value` for `key`."""
        self._cache.write(self._kind, key, msgspec.msgpack.encode(value))


def _replace(path: Path, *parts: bytes) -> None:
    import tempfile  # noqa: PLC0415 - only a run that learns something writes

    handle, name = tempfile.mkstemp(suffix=".tmp", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
        try:
            os.replace(name, path)  # noqa: PTH105 - mkstemp gives a text
        except PermissionError:
            # On Windows a file that somebody reads cannot be replaced; what
            # they wrote is as good as this.
            if not path.is_file():
                raise
            os.unlink(name)  # noqa: PTH108 - likewise
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
