"""What is measured: a function, and what it is called with."""

from __future__ import annotations

import inspect
from functools import partial
from importlib import import_module

from ungil.bench.marks import MARK, Marked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

__all__ = ["Task", "TaskError", "load", "marked"]


class TaskError(Exception):
    """What was asked for is not there; the message is one line."""


class Task:
    """A function, and what it is called with.

    Attributes:
        function: Takes one item; a coroutine function if `waits` is set.
        items: Gives the items, anew for each pass.
        check: Says whether a pass's results are right.
        coroutine: What does the same under asyncio; None if nothing does.
        waits: Is the function itself a coroutine function, so that nothing but asyncio runs it?
    """

    def __init__(
        self,
        function: Callable[[Any], Any],
        items: Callable[[], list[Any]],
        check: Callable[[list[Any]], bool] | None,
        coroutine: Callable[[Any], Any] | None,
    ) -> None:
        self.function = function
        self.items = items
        self.check = check
        self.waits = inspect.iscoroutinefunction(function)
        self.coroutine = function if self.waits else coroutine


def load(request: dict[str, Any]) -> Task:
    """Import what a request names.

    Raises:
        TaskError: Something is not there, or is not what it should be.
    """
    function = _callable(request["function"])
    mark = getattr(function, MARK, None) or Marked(None, None, None)
    parameters = request["parameters"]
    items = _given(request["items"], mark.items)
    setup = _given(request["setup"], mark.setup)
    check = _given(request["check"], mark.check)
    if items is None:
        # Of so many calls without an argument.
        return Task(_Bare(function), _source(range(request["calls"]), setup), check, None)
    source = partial(items, **parameters) if callable(items) else items
    return Task(
        function,
        _source(source, setup),
        partial(check, **parameters) if check is not None else None,
        _callable(request["coroutine"]) if request["coroutine"] else None,
    )


def marked(name: str) -> list[str]:
    """The functions of a module that are marked, as `module:function`.

    Raises:
        TaskError: It cannot be imported.
    """
    module = _imported(name)
    found = [key for key, value in vars(module).items() if hasattr(value, MARK)]
    return [f"{name}:{key}" for key in found]


class _Bare:
    """Calls a function without the item; as an object of a module it can be pickled."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function

    def __call__(self, _: object) -> Any:  # noqa: ANN401 - whatever the user's function returns
        return self.function()


def _source(
    items: Iterable[Any] | Callable[[], Iterable[Any]], setup: Callable[[], object] | None
) -> Callable[[], list[Any]]:
    # An iterator gives its items once, and they are needed for each pass.
    kept = None if callable(items) else list(items)

    def give() -> list[Any]:
        if setup is not None:
            setup()
        return list(items()) if kept is None and callable(items) else list(kept or ())

    return give


def _given(reference: str, otherwise: Any) -> Any:  # noqa: ANN401 - an object of the user's
    return _named(reference) if reference else otherwise


def _callable(reference: str) -> Callable[..., Any]:
    found = _named(reference)
    if not callable(found):
        raise TaskError(f"{reference} is no function, but a {type(found).__name__}")
    function: Callable[..., Any] = found
    return function


def _named(reference: str) -> Any:  # noqa: ANN401 - an object of the user's
    name, _, path = reference.partition(":")
    found: Any = _imported(name)
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise TaskError(f"there is no {part!r} in {name} ({reference})") from None
    return found


def _imported(name: str) -> ModuleType:
    try:
        return import_module(name)
    except Exception as error:  # noqa: BLE001 - the user's module may raise anything
        raise TaskError(
            f"{name} cannot be imported: {type(error).__name__}: {error}".replace("\n", " ")
        ) from None
