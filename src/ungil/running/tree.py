"""Who imported whom, on the way to extension modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ungil.findings import Import, Module
from ungil.running.observed import Seen
from ungil.running.paths import shown

__all__ = ["tree"]

# Levels of a tree. Longer chains keep their end; nobody reads more, and reports
# are written by recursion.
_DEEPEST = 40


@dataclass
class _Node:
    seen: Seen | None = None
    inner: dict[str, _Node] = field(default_factory=dict)

    def below(self, name: str) -> _Node:
        return self.inner.setdefault(name, _Node())


def tree(
    everything: Iterable[Seen], declares: Callable[[Seen], Module], folder: Path
) -> tuple[Import, ...]:
    """One tree for each file that began a chain of imports.

    A module that several processes import is shown once, by its first import.

    Args:
        everything: The modules, in the order in which they are shown.
        declares: Says what a module declares.
        folder: The working directory.
    """
    root = _Node()
    for seen in everything:
        chain = seen.created.chain
        node = root
        for name in [shown(chain[0].file, folder)] if chain else []:
            node = node.below(name)
        for step in chain[-_DEEPEST:-1]:
            node = node.below(step.module)
        node = node.below(seen.name)
        node.seen = node.seen or seen

    def imports(node: _Node) -> tuple[Import, ...]:
        return tuple(
            Import(
                name,
                "" if one.seen is None or one.seen.distribution is None else one.seen.label,
                None if one.seen is None else declares(one.seen),
                None if one.seen is None else one.seen.seconds,
                imports(one),
            )
            for name, one in node.inner.items()
        )

    return imports(root)
