"""Lists that all threads use as one stack, where each relies on what it put on top itself.

`stack.append(x)`, then work that looks at `stack[-1]`, then `stack.pop()`: each is one step, but
they belong together with what is done in between.
"""

from __future__ import annotations

import re

from ungil.races.containers import is_a
from ungil.races.observed import Compound, Conflict, Observation
from ungil.races.sources import Sources
from ungil.races.trace import Touch

__all__ = ["Stacks"]

# What `append` puts on top, and `pop` takes away.
_TYPES = frozenset({"list", "deque"})

# What is put there to be counted only is like any other.
_COUNTED = re.compile(r"\.append\((?:None|True|False|\d*)\)$")

_Name = tuple[str, str, str]


class Stacks:
    """Those of one run."""

    def __init__(self, observation: Observation, sources: Sources) -> None:
        """Find where the top of each is taken away.

        Args:
            observation: The run.
            sources: Tell what is done with what is taken.
        """
        self._sources = sources
        self._takes: dict[_Name, Touch] = {}
        for conflict in observation.conflicts:
            for side in (conflict.first, conflict.second):
                if is_a(conflict, _TYPES) and self._takes_away(side.touch):
                    self._takes.setdefault(_name(side.touch), side.touch)

    def step(self, conflict: Conflict, mine: Touch, other: Touch) -> Compound | None:
        """What one thread puts on top while another goes by its own being there; if it does.

        It is meant so if the last item is looked at, and is not used when it is taken away.
        Where threads did come between each other, what two of them put there may be all that
        is in conflict.

        Args:
            conflict: In which two threads met.
            mine: Takes away; or puts, like the other, where a third one takes away.
            other: Puts something there.
        """
        if conflict.part != "structure" or not is_a(conflict, _TYPES):
            return None
        path, _, stack = name = _name(mine)
        take = self._takes.get(name, mine) if mine.name == other.name else mine
        puts = other.name == "append" and not _COUNTED.search(other.site.text)
        if puts and self._takes_away(take) and self._sources.have(path, f"{stack}[-1]"):
            return Compound(other, take, "stack")
        return None

    def _takes_away(self, touch: Touch) -> bool:
        """Is an item taken away, and not used?"""
        line = self._sources.line(touch.site.path, touch.site.line).partition("#")[0].strip()
        return touch.site.text.endswith(".pop()") and line == touch.site.text


def _name(touch: Touch) -> _Name:
    """The file and the class in which something is done to a list, and its name there."""
    return (
        touch.site.path,
        touch.function.rpartition(".")[0],
        touch.site.text.partition(f".{touch.name}(")[0],
    )
