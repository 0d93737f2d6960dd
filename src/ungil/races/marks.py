"""Telling the watch of an order that it cannot see, e.g. through a pipe or a C library.

Both do nothing in a program that is not watched.
"""

from __future__ import annotations

import sys

__all__ = ["happens_after", "happens_before"]


def happens_before(channel: object) -> None:
    """All that this thread did until now comes before what a `happens_after` begins.

    Args:
        channel: What the threads have in common; compared by identity, so no number or text.
    """
    _tell("post", channel)


def happens_after(channel: object) -> None:
    """What this thread does from now on comes after all before `happens_before`.

    Args:
        channel: The same object.
    """
    _tell("receive", channel)


def _tell(what: str, channel: object) -> None:
    # Not imported for this: a program that is not watched pays nothing for its marks.
    choice = sys.modules.get("ungil.races.choice")
    if choice is not None:
        getattr(choice.core_in_use()[0], what)(channel)
