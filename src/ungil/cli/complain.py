"""Trouble, told in one line."""

from __future__ import annotations

import sys

from ungil.findings import printable

__all__ = ["complain"]


def complain(error: Exception | str, status: int) -> int:
    """Say on standard error what is wrong; the exit status."""
    print(f"ungil: {printable(str(error))}", file=sys.stderr)
    return status
