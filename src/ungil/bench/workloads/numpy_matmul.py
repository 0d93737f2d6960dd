"""Products of NumPy's matrices: native code that lets the GIL go, and may have threads itself."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Part = tuple[Any, Any]

PARAMETERS = {"size": 400, "products": 32}
QUICK = {"size": 200}

_AGAIN = 3
_DIGITS = 10


def items(size: int, products: int) -> list[Part]:
    """Matrices of digits, of which floating point loses nothing; the second is always the same."""
    import numpy as np  # noqa: PLC0415 - only where this is measured it has to be there

    other = np.arange(size * size, dtype=float).reshape(size, size) % 7
    return [((other * number + other.T) % _DIGITS, other) for number in range(1, products + 1)]


def task(part: Part) -> list[int]:
    """Multiply again and again, keep the last digits, and add up the columns."""
    product, other = part
    for _ in range(_AGAIN):
        product = product @ other
        product %= _DIGITS
    sums: list[int] = product.sum(axis=0).astype(int).tolist()
    return sums


def check(results: list[list[int]], size: int, products: int) -> bool:
    """Is it what a row of the columns' sums gives, which takes no product of matrices?"""
    import numpy as np  # noqa: PLC0415 - only where this is measured it has to be there

    if len(results) != products:
        return False
    for result, (first, other) in zip(results, items(size, products), strict=True):
        row = first.sum(axis=0) % _DIGITS
        for _ in range(_AGAIN):
            row = np.rint(row @ other) % _DIGITS
        if [number % _DIGITS for number in result] != row.astype(int).tolist():
            return False
    return True
