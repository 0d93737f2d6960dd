"""A remote file that can be read in parts (RFC 9110, range requests).

It is a seekable file, so `zipfile` reads a wheel through it and asks only for
the table at the archive's end and the members that are wanted.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from ungil.index.model import PackageIndexError
from ungil.index.transport import Stream, Transport, failure

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["RangesUnsupportedError", "RemoteFile"]

TAIL = 48 << 10
"""Bytes asked for first, from the end. Of the newest wheels of 23 well-known
projects, 18 have their table and METADATA in the last 48 KiB, 14 in 32 KiB."""

_LEAST = 16 << 10  # a request costs more than a few more bytes
_MOST = 8 << 20  # of one read; a central directory that large has 80,000 members
_TOTAL = 256 << 20  # of one file; a compiled member can be large
_SMALL = 512 << 10  # what is taken whole from a server that ignores ranges


class RangesUnsupportedError(PackageIndexError):
    """The server only gives the whole file."""


class RemoteFile(io.RawIOBase):
    """A file on a server, fetched where it is read. For one thread at a time."""

    def __init__(self, transport: Transport, url: str, what: str, size: int | None) -> None:
        """Fetch the file's end.

        Args:
            transport: To ask with.
            url: Of the file.
            what: The file as messages call it.
            size: If the index says; the server is believed if it differs.

        Raises:
            RangesUnsupportedError: The server only gives the whole file.
            PackageIndexError: No usable answer.
        """
        self._transport = transport
        self._url = url
        self._what = what
        self._spans: list[tuple[int, bytes]] = []
        self._position = 0
        self._fetched = 0
        # Suffix ranges are not understood everywhere, so they come second.
        start = None if not size else max(0, size - TAIL)
        self.size = -1
        if (start is None or not self._fetch(start, TAIL)) and not self._fetch(None, TAIL):
            raise self._unsupported()

    @property
    def fetched(self) -> int:
        """Bytes that came over the network so far."""
        return self._fetched

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Where the next read starts."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to where the next read shall start."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("negative seek position")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` from the current position."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; fewer only at the end of the file."""
        if size < 0:
            size = self.size
        start = self._position
        size = max(0, min(size, self.size - start))
        if size == 0:
            return b""
        data = self._held(start, size)
        if data is None:
            if size > _MOST:
                raise self._problem(f"one part of it would be {size:,} bytes")
            self.prefetch(start, max(size, _LEAST))
            data = self._held(start, size)
        if data is None:
            raise self._problem("the server sent another part than it was asked for")
        self._position += size
        return data

    def prefetch(self, start: int, size: int) -> None:
        """Fetch a part that will be read, in one request."""
        size = min(size, self.size - start, _MOST)
        if size > 0 and self._held(start, size) is None:
            self._fetch(start, size)

    def _held(self, start: int, size: int) -> bytes | None:
        for first, span in self._spans:
            if first <= start and start + size <= first + len(span):
                return span[start - first : start - first + size]
        return None

    def _fetch(self, start: int | None, size: int) -> bool:
        """Fetch one part, the file's end if `start` is None; False if there is no such part."""
        wanted = f"bytes=-{size}" if start is None else f"bytes={start}-{start + size - 1}"
        headers = {"Range": wanted, "Accept-Encoding": "identity"}
        with self._transport.open(self._url, self._what, headers=headers) as stream:
            if stream.status == 206:
                first, total = self._content_range(stream)
                data = b"".join(stream.chunks(size))
                if self.size not in {-1, total} or first + len(data) > total or not data:
                    raise self._problem("the server contradicts itself about its size")
            elif stream.status == 200 and stream.length is not None and stream.length <= _SMALL:
                first, data = 0, b"".join(stream.chunks(_SMALL))
                total = len(data)
            elif stream.status == 200:
                raise self._unsupported()
            elif stream.status == 416:
                return False
            else:
                raise self._problem(f"the server answered {stream.status}")
        self._fetched += len(data)
        if self._fetched > _TOTAL:
            raise self._problem("too many parts of it would be needed")
        self.size = total
        self._spans.append((first, data))
        return True

    def _content_range(self, stream: Stream) -> tuple[int, int]:
        text = stream.headers.get("content-range", "")
        match = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})", text.strip())
        if match is None:
            raise self._problem("the server does not say which part it sent")
        return int(match[1]), int(match[2])

    def _unsupported(self) -> RangesUnsupportedError:
        return RangesUnsupportedError(*self._problem("it cannot be read in parts").args)

    def _problem(self, why: str) -> PackageIndexError:
        return failure(self._what, self._url, why)
