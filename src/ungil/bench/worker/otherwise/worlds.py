"""Copies of the user's modules, one for each thread, in which chosen objects are shared again.

A copy comes from executing the modules once more. So all that they hold is private: globals,
closures, the objects that methods belong to, locks, and the classes with their functions, which
look for globals where they were made. Rejected: copying the objects. Much cannot be copied,
and the methods of their classes would go on using the globals of the one module.
"""

from __future__ import annotations

import re
import sys

from ungil.bench.worker.otherwise.places import places, shareable, used
from ungil.bench.worker.otherwise.within import in_common
from ungil.bench.worker.project import project_modules
from ungil.bench.worker.task import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from types import ModuleType
    from typing import Any

    from ungil.bench.worker.otherwise.crew import Part
    from ungil.bench.worker.otherwise.places import Place

__all__ = ["ITEMS", "World"]

ITEMS = "items"
"""The key of what several items have in common."""


class World:
    """The user's modules as they were imported, and copies of them.

    Attributes:
        function: What is measured.
        items: What it is called with.
        shared: What threads have in common, by key; several places may hold one object.
        in_common: What several items have in common, and how one comes to it from an item.
    """

    def __init__(
        self, request: dict[str, Any], function: Callable[[Any], Any], items: Sequence[Any]
    ) -> None:
        self._request = request
        self._modules: dict[str, ModuleType] = {
            name: sys.modules[name] for name in project_modules()
        }
        self.function = function
        self.items = items
        self.in_common = in_common(items)
        root = request["function"].partition(":")[2].partition(".")[0]
        names = used(self._modules) | {root}
        grouped: dict[int, list[Place]] = {}
        for one in places(self._modules):
            # A module's `LOCK`, and another's that imported it, are one object.
            if shareable(one.value) and one.name in names:
                grouped.setdefault(id(one.value), []).append(one)
        self.shared = {group[0].key: group for group in grouped.values()}

    def copy(self, again: Collection[str]) -> Part:
        """A part that has nothing in common with others, but for what is shared again.

        Args:
            again: Keys of `shared`, and perhaps `ITEMS`.

        Raises:
            Exception: Whatever the user's modules raise when they are executed again.
        """
        aside = {name: sys.modules.pop(name) for name in self._modules if name in sys.modules}
        try:
            # It keeps what was compiled, and would give the same pattern again.
            re.purge()
            task = load(self._request)
            copies = {name: sys.modules[name] for name in self._modules if name in sys.modules}
            self._share(copies, again)
            first, items = (
                (self.items, self.items)
                if ITEMS in again
                else (
                    task.items(),
                    task.items(),
                )
            )
            # What prepares a pass may have put its own there.
            self._share(copies, again)
            function = load(self._request).function
        finally:
            for name in project_modules():
                sys.modules.pop(name, None)
            sys.modules.update(aside)
        return function, first, items

    def _share(self, copies: dict[str, ModuleType], again: Collection[str]) -> None:
        values = {one.key: one.value for key in again for one in self.shared.get(key, ())}
        for one in places(copies):
            if one.key in values:
                one.put(values[one.key])
