"""The threads of one execution under control, and what each is about to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

try:
    from ungil.races._native._core import Segment, Thread, Turns
except ImportError:
    # `Control` says that the native core is missing, before anybody needs one of these.
    Segment = Thread = Turns = object  # type: ignore[misc,assignment]  # never used then

if TYPE_CHECKING:
    from ungil.races._native._core import Point

__all__ = ["Access", "Point", "Segment", "Thread", "Turns", "Variable", "conflict"]

Variable = tuple[int, int | str]
"""What is used: the identity of an object, and which part of it."""


class Access(NamedTuple):
    """A use of something that threads may share.

    Attributes:
        variable: What is used.
        writes: Does it change it?
        takes: Is a lock taken by it? Then another that takes it could have come first.
        orders: Does it say that what was done to the variable came before, so that the
            two cannot be exchanged (the end of a thread that is waited for)?
    """

    variable: Variable
    writes: bool
    takes: bool = False
    orders: bool = False


def conflict(one: list[Access], other: list[Access]) -> bool:
    """Does it matter which of the two came first?"""
    if not one or not other:
        return False
    used = {access.variable for access in one if not access.orders}
    written = {access.variable for access in one if access.writes and not access.orders}
    return any(
        not access.orders and access.variable in (used if access.writes else written)
        for access in other
    )
