"""The entries of a lock into pins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from packaging.version import Version

from ungil.project.addresses import without_credentials
from ungil.project.model import Pin, Unindexed
from ungil.project.places import Document

__all__ = ["normal_version", "sha256", "together", "unindexed"]


def normal_version(document: Document, name: str, version: str, line: int | None) -> str:
    """`version` as PEP 440 writes it.

    Raises:
        SubjectError: It is no version.
    """
    try:
        return str(Version(version))
    except ValueError:  # also a number too long to convert
        raise document.problem(
            f"{name} has {version[:100]!r} for a version; lock again", line
        ) from None


def sha256(hashes: Iterable[str]) -> frozenset[str]:
    """The `sha256:` ones of hashes in the usual form, without that prefix."""
    return frozenset(h.removeprefix("sha256:").lower() for h in hashes if h.startswith("sha256:"))


def unindexed(
    document: Document,
    name: str,
    address: str,
    kind: str,
    line: int | None = None,
    version: str | None = None,
) -> Unindexed:
    """An entry that no index carries; the address is stripped of credentials."""
    return Unindexed(name, without_credentials(address), kind, document.at(line), version)


def together(label: str, pins: Iterable[Pin]) -> tuple[tuple[Pin, ...], tuple[str, ...]]:
    """Pins in the order of their names, each version once, and notes about doubts.

    Locks list a distribution several times for its extras; that is one pin.
    Two versions of it are a lock that does not decide: both are kept, since
    either may be installed.
    """
    found: dict[tuple[str, str], Pin] = {}
    for pin in pins:
        key = (pin.name, pin.version)
        found[key] = _merged(found[key], pin) if key in found else pin
    versions: dict[str, list[str]] = {}
    for name, version in sorted(found):
        versions.setdefault(name, []).append(version)
    notes = tuple(
        f"{label} has {' and '.join(several)} of {name} for one environment; all are judged."
        for name, several in versions.items()
        if len(several) > 1
    )
    return tuple(found[key] for key in sorted(found)), notes


def _merged(one: Pin, other: Pin) -> Pin:
    files = [f for f in (one.files, other.files) if f is not None]
    told = [d for d in (one.direct, other.direct) if d is not None]
    return replace(
        one,
        files=tuple(dict.fromkeys(name for names in files for name in names)) if files else None,
        hashes=one.hashes | other.hashes,
        direct=any(told) if told else None,
        required_by=tuple(sorted({*one.required_by, *other.required_by})),
    )
