"""Two threads call a multimethod, each with types that it has not met."""

# mypy: ignore-errors
import threading

from multimethod import multimethod


class Shop:
    """The base of what is passed."""


@multimethod
def visit(shop: Shop) -> str:
    """What a shop does."""
    return shop.__class__.__name__


@visit.register
def _(shop: int) -> str:
    """What a number does."""
    return str(shop)


visit(Shop())
new = [type(f"Shop{number}", (Shop,), {})() for number in range(100)]
start = threading.Barrier(2)


def work(shops: list[Shop]) -> None:
    """What each thread does."""
    start.wait()
    for shop in shops:
        visit(shop)


threads = [threading.Thread(target=work, args=(new[half::2],)) for half in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
