"""Files that somebody else made, read as text, or refused in one line."""

from __future__ import annotations

from pathlib import Path

from ungil.findings import printable

__all__ = ["ListError", "read_text"]

_CAP = 256 << 20  # bytes; a survey of 15,000 packages has less than 100 MB


class ListError(ValueError):
    """A list, or an earlier report, that cannot be used; the message is one line."""


def read_text(path: Path) -> str:
    """A whole file, UTF-8.

    Raises:
        ListError: It cannot be read.
    """
    try:
        if path.stat().st_size > _CAP:
            raise ListError(printable(f"{path}: is larger than {_CAP >> 20} MiB"))
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start}"
        raise ListError(printable(f"{path}: is not UTF-8 ({where}); save it as UTF-8")) from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        why = getattr(error, "strerror", None) or str(error)
        raise ListError(printable(f"{path}: cannot be read: {why}")) from None
