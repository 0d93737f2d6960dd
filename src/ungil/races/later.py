"""Doing something with a module when the program has imported it, if ever."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

__all__ = ["when_imported"]

Then = Callable[[Any], object]
"""Is given the module."""


class _Later(MetaPathFinder):
    def __init__(self, then: dict[str, Then]) -> None:
        self._then = then

    def find_spec(
        self, fullname: str, path: object = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        then = self._then.pop(fullname, None)
        if then is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)  # type: ignore[arg-type]  # as it was given to us
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                then(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # of this one loader
        return spec


def when_imported(then: Mapping[str, Then]) -> Callable[[], None]:
    """Do it at once with modules that are there, and later with others.

    Args:
        then: What to do, by the module's name.

    Returns:
        What ends the waiting for those that were not imported.
    """
    waiting = dict(then)
    for name in [one for one in waiting if one in sys.modules]:
        waiting.pop(name)(sys.modules[name])
    finder = _Later(waiting)
    sys.meta_path.insert(0, finder)

    def end() -> None:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)

    return end
