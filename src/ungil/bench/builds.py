"""Which interpreters are measured, and how they are started."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from ungil.bench.model import Build
from ungil.interpreters import Interpreter

__all__ = ["OLDEST", "builds", "worth_measuring"]

OLDEST = (3, 11)
"""What the worker runs on."""


def worth_measuring(found: Iterable[Interpreter], own: Interpreter | None) -> list[Interpreter]:
    """Of the interpreters of a machine, those that the question is about.

    Each free-threaded one and the GIL-enabled one of its series; and what runs this, since
    that is what the user has. Older series would only make the run longer.

    Args:
        found: Newest first, the better first among equals, as `survey` has them.
        own: What runs this.

    Returns:
        One for each series and build. Of what was found the newest, if none is free-threaded.
    """
    usable = [one for one in found if one.plain and _recent(one)]
    by_build: dict[object, Interpreter] = {}
    for one in sorted(usable, key=lambda one: one.version.is_prerelease):
        by_build.setdefault(one.python, one)
    free = {
        (one.python.major, one.python.minor)
        for one in by_build.values()
        if one.python.free_threaded
    }
    chosen = [
        one for one in by_build.values() if (one.python.major, one.python.minor) in free
    ] or list(by_build.values())[:1]
    if own is not None and not any(one.python == own.python for one in chosen):
        chosen.append(own)
    return sorted(chosen, key=lambda one: (one.version, one.python.free_threaded))


def builds(interpreters: Sequence[Interpreter]) -> Iterator[Build]:
    """Each interpreter; a free-threaded one also with the GIL forced on.

    The second tells what the build costs from what the GIL costs.
    """
    named: dict[str, int] = {}
    for one in interpreters:
        label = str(one.python)
        named[label] = named.get(label, 0) + 1
        if named[label] > 1:
            label = f"{label} #{named[label]}"
        free = one.python.free_threaded
        given = os.environ.get("PYTHON_GIL")
        # With 0 it stays off whatever is imported, which the user may want to measure.
        yield _build(one, label, "0" if free and given == "0" else None)
        if free:
            yield _build(one, f"{label} gil=1", "1")


def _build(one: Interpreter, label: str, gil: str | None) -> Build:
    return Build(
        label,
        one.path,
        one.release,
        one.python.free_threaded,
        gil,
        one.optimizations,
        not one.plain,
    )


def _recent(one: Interpreter) -> bool:
    return (one.python.major, one.python.minor) >= OLDEST
