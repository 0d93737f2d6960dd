"""The two countings: the files of one release -> how it stands.

*Published* is the rule of https://github.com/hugovk/free-threaded-wheels (`utils.py`,
`annotate_wheels`), from which the figures come that everybody quotes. It looks at ABI
tags alone, on any platform and for any Python.

*Ours* asks what an installer would take on one target, by the rules of `ungil check`.
So it knows `abi3t`, wheels without a Python ABI, platforms, Requires-Python, and when a
pure-Python wheel stands in for a compiled one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ungil import rules
from ungil.ecosystem.model import Group
from ungil.index import File
from ungil.readiness import stand
from ungil.target import Target

__all__ = ["Counting", "State", "ours", "published"]

State = tuple[Group, str]
"""The group, and the case: the name of a rule where there is one."""

Counting = Callable[[Sequence[File]], State]
"""The files of a release, at least one -> how it stands."""


def published(files: Sequence[File]) -> State:
    """As the published tracker counts.

    What it drops, packages whose wheels are all without a Python ABI or which have none,
    is pure or unknown here.
    """
    tags = [file.tag.split("-") for file in files if file.is_wheel]
    abis = {abi for _, abi, _ in tags}
    # To the letter: compressed sets of ABI tags (`abi3.abi3t`) are not taken apart.
    if any(abi.startswith("cp31") and abi.endswith("t") for abi in abis):
        return Group.READY, rules.FREE_THREADED_WHEEL.name
    if abis - {"none"}:
        if "none" in abis:
            return Group.FALLBACK, rules.PURE_FALLBACK.name
        return Group.BLOCKED, "no-free-threaded-wheel"
    if not abis:
        return Group.UNKNOWN, "no-wheel"
    bound = any(platform != "any" for *_, platform in tags)
    return Group.PURE, rules.NO_PYTHON_ABI.name if bound else rules.PURE_PYTHON.name


def ours(target: Target) -> Counting:
    """What an installer would take on one target."""
    # Many releases have the same set of tags, so most need not be looked at again.
    known: dict[frozenset[tuple[str, str | None]], State] = {}

    def count(files: Sequence[File]) -> State:
        key = frozenset((file.tag, file.requires_python) for file in files)
        state = known.get(key)
        if state is None:
            state = known[key] = _ours(files, target)
        return state

    return count


_READY = {rules.FREE_THREADED_WHEEL, rules.GIL_ENABLED_WHEEL, rules.NO_PYTHON_ABI}


def _ours(files: Sequence[File], target: Target) -> State:
    case = stand(files, target).case
    if case in _READY:
        return Group.READY, case.name
    if case is rules.PURE_FALLBACK:
        return Group.FALLBACK, case.name
    if case is rules.PURE_PYTHON:
        return Group.PURE, case.name
    compiled = any(file.is_wheel and not file.tag.endswith("-none-any") for file in files)
    if case is rules.SOURCE_ONLY and not compiled:
        # It is to be built, and whether with a compiler no file name tells.
        return Group.UNKNOWN, case.name
    return Group.BLOCKED, case.name
