"""Which of the two cores watches."""

from __future__ import annotations

import importlib
from functools import cache
from typing import cast

from ungil.races.core import Core

__all__ = ["core_in_use"]


@cache
def core_in_use() -> tuple[Core, str]:
    """The native core; or the reference in Python, and why."""
    try:
        found = importlib.import_module("ungil.races._native._core")
    except ImportError as error:
        reference = importlib.import_module("ungil.races.reference")
        return cast("Core", reference), str(error)
    return cast("Core", found), ""
