"""A shop in memory; its orders come from many threads."""

from __future__ import annotations


class SoldOutError(Exception):
    """There is not as much left as somebody wants."""


class Shop:
    """What is in stock, and what has been earned."""

    def __init__(self, stock: dict[str, int]) -> None:
        self.stock = stock
        self.earned = 0

    def order(self, name: str, pieces: int, price: int) -> None:
        """Sell something."""
        if self.stock[name] < pieces:
            raise SoldOutError(name)
        self.stock[name] -= pieces
        self.pay(pieces * price)

    def pay(self, amount: int) -> None:
        """Take money."""
        self.earned += amount
