"""The reference workloads as tasks."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ungil.bench import workloads
from ungil.bench.model import Task

__all__ = ["names", "reference", "summary"]


def names() -> list[str]:
    """What they are called, e.g. `file-io`."""
    found = (module.name for module in pkgutil.iter_modules(workloads.__path__))
    return sorted(name.strip("_").replace("_", "-") for name in found)


def summary(name: str) -> str:
    """What one measures, in a line."""
    return (_module(name).__doc__ or "").strip().partition("\n")[0]


def reference(name: str, *, quick: bool = False, parameters: Mapping[str, int]) -> Task:
    """A reference workload.

    Args:
        name: One of `names`.
        quick: Take its smaller parameters.
        parameters: What the user wants otherwise.

    Raises:
        ValueError: It has no such parameter; the message is one line.
    """
    module = _module(name)
    known = {**module.PARAMETERS, **(module.QUICK if quick else {})}
    unknown = [one for one in parameters if one not in known]
    if unknown:
        raise ValueError(f"{name} has no parameter {unknown[0]!r}; it has {', '.join(known)}")
    where = module.__name__
    return Task(
        name,
        f"{where}:task",
        f"{where}:items",
        check=f"{where}:check",
        coroutine=f"{where}:coroutine" if hasattr(module, "coroutine") else "",
        parameters={**known, **parameters},
        piece=getattr(module, "PIECE", None),
    )


def _module(name: str) -> Any:  # noqa: ANN401 - a module, whose names are its own
    wanted = name.replace("-", "_")
    found = [module.name for module in pkgutil.iter_modules(workloads.__path__)]
    actual = next(one for one in found if one.strip("_") == wanted)
    return import_module(f"ungil.bench.workloads.{actual}")
