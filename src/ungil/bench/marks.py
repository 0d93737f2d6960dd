"""Functions that say of themselves with what they are to be measured."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

__all__ = ["MARK", "Marked", "benchmark"]

MARK = "__ungil_benchmark__"


class Marked:
    """What a function is measured with.

    Attributes:
        items: What it is called with, one after the other; or a function that gives that anew
            for each pass. None to call it without arguments.
        setup: Called before each pass; None for nothing.
        check: Is called with the list of results, and says whether they are right; None
            where being the same as in serial is enough.
    """

    __slots__ = ("check", "items", "setup")

    def __init__(
        self,
        items: Iterable[Any] | Callable[[], Iterable[Any]] | None,
        setup: Callable[[], object] | None,
        check: Callable[[list[Any]], bool] | None,
    ) -> None:
        self.items = items
        self.setup = setup
        self.check = check


def benchmark(
    items: Iterable[Any] | Callable[[], Iterable[Any]] | None = None,
    *,
    setup: Callable[[], object] | None = None,
    check: Callable[[list[Any]], bool] | None = None,
) -> Callable[[Function], Function]:
    """Mark a function as one that `ungil bench run MODULE` measures.

        @benchmark(items=range(100))
        def render(page): ...

    Nothing about the function changes, and calling it costs what it did.

    Args:
        items: What it is called with; see `Marked`.
        setup: Called before each pass; see `Marked`.
        check: Says whether the results are right; see `Marked`.
    """

    def mark(function: Function) -> Function:
        setattr(function, MARK, Marked(items, setup, check))
        return function

    return mark
