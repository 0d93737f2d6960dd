"""What the wheels declare that a free-threaded Python would get.

For runs under a GIL-enabled build, whose own modules tell little: many declare only
where `Py_GIL_DISABLED` is defined. This asks the package index, so it is done only
where the user names a target.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ungil.findings import Evidence, Module
from ungil.index import PackageIndex
from ungil.project import Pin, Selection
from ungil.readiness import Options, check
from ungil.target import Target

__all__ = ["declared_in_wheels"]


def declared_in_wheels(
    installed: Iterable[tuple[str, str]], target: Target, index: PackageIndex
) -> tuple[dict[str, Module], tuple[str, ...]]:
    """What the modules of distributions declare in their wheels for a target.

    Args:
        installed: The distributions, by name and version.
        target: A free-threaded one.
        index: That has the wheels.

    Returns:
        The modules by their names, and sentences about distributions that have
        no wheel for the target.
    """
    pins = tuple(Pin(name, version) for name, version in sorted(set(installed)))
    report = check("", [_Imported(pins)], [target], index, Options(only_binary=True))
    missing = tuple(
        f"{verdict.name} {verdict.version} on {verdict.target}: {verdict.case.summary}."
        for verdict in report.verdicts
        if verdict.evidence is not Evidence.DECLARATION
    )
    modules = (module for verdict in report.verdicts for module in verdict.modules)
    return {module.name: module for module in modules}, missing


@dataclass(frozen=True)
class _Imported:
    """Distributions that were imported, as something to check."""

    pins: tuple[Pin, ...]
    path: str = "what was imported"

    def select(
        self,
        environment: Mapping[str, str],  # noqa: ARG002 - they are the same everywhere
        *,
        extras: frozenset[str] = frozenset(),  # noqa: ARG002 - they have none
        groups: frozenset[str] | None = None,  # noqa: ARG002 - likewise
    ) -> Selection:
        """See `Subject.select`."""
        return Selection(pins=self.pins)
