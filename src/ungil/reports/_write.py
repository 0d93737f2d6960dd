"""Writing a report to a file, all of it or none of it."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from ungil.findings import printable

__all__ = ["OutputError", "write"]


class OutputError(OSError):
    """A report that could not be written; the message is one line for the user."""


def write(path: str | os.PathLike[str], text: str) -> None:
    """Put `text` into the file at `path` as UTF-8, in place of what was there.

    Whoever reads the file meets the old content or the new, never a half. A
    symbolic link stays a link, and a device or a pipe is written to and stays
    what it is.

    Raises:
        OutputError: It could not be written; the old content is intact.
    """
    try:
        _write(Path(os.path.realpath(path)), text.encode("utf-8"))
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise OutputError(f"cannot write {printable(os.fspath(path))}: {why}") from error


def _write(path: Path, content: bytes) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        with path.open("wb") as file:  # fails for a directory, as it should
            file.write(content)
        return
    # In the same directory, since only a rename within one file system is
    # atomic. Not `tempfile`: its files are for their owner only, and a report
    # should have the mode that any new file gets.
    temporary = path.with_name(f".ungil-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(stat.S_IMODE(mode))
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
