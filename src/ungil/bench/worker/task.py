"""What is measured: a function, and what it is called with."""

from __future__ import annotations

import inspect
from functools import partial
from importlib import import_module
from itertools import islice

from ungil.bench.marks import MARK, Marked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any, TypeVar

    Result = TypeVar("Result")

__all__ = ["Task", "TaskError", "load", "marked"]


_MOST = 10_000_000
"""Items; those of an endless iterable would fill the memory."""


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
        *,
        waits: bool,
    ) -> None:
        self.function = function
        self.items = items
        self.check = check
        self.waits = waits
        self.coroutine = function if waits else coroutine


def load(request: dict[str, Any]) -> Task:
    """Import what a request names.

    Raises:
        TaskError: Something is not there, or is not what it should be.
    """
    function = _callable(request["function"])
    mark = _mark(function) or Marked(None, None, None)
    waits = inspect.iscoroutinefunction(function)
    parameters = request["parameters"]
    items = _given(request["items"], mark.items)
    setup = _given(request["setup"], mark.setup)
    check = _given(request["check"], mark.check)
    if items is None:
        # Of so many calls without an argument.
        calls = _source(range(request["calls"]), setup)
        return Task(_Bare(function), calls, check, None, waits=waits)
    source = partial(items, **parameters) if callable(items) else items
    return Task(
        function,
        _source(source, setup),
        partial(check, **parameters) if check is not None else None,
        _callable(request["coroutine"]) if request["coroutine"] else None,
        waits=waits,
    )


def marked(name: str) -> list[str]:
    """The functions that are marked in a module, as `module:function`.

    Raises:
        TaskError: It cannot be imported.
    """
    found = vars(_imported(name)).items()
    # Others may have been imported from where they are marked.
    mine = [
        key for key, value in found if _mark(value) and getattr(value, "__module__", "") == name
    ]
    return [f"{name}:{key}" for key in mine]


def _mark(function: object) -> Marked | None:
    # Some objects have every attribute that is asked for.
    found = getattr(function, MARK, None)
    return found if isinstance(found, Marked) else None


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
    kept = None if callable(items) else _listed(lambda: items)

    def give() -> list[Any]:
        if setup is not None:
            _carried_out("its setup fails", setup)
        return _listed(items) if callable(items) else list(kept or ())

    return give


def _listed(items: Callable[[], Iterable[Any]]) -> list[Any]:
    found = _carried_out("its items cannot be had", lambda: list(islice(items(), _MOST + 1)))
    if len(found) > _MOST:
        raise TaskError(f"there are more than {_MOST:,} items")
    return found


def _carried_out(what: str, function: Callable[[], Result]) -> Result:
    try:
        return function()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's function may raise anything
        raise TaskError(f"{what}: {_said(error)}") from None


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")


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
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's module may raise anything
        raise TaskError(f"{name} cannot be imported: {_said(error)}") from None
