"""The core metadata of a distribution: METADATA and PKG-INFO files.

https://packaging.python.org/en/latest/specifications/core-metadata/
"""

from __future__ import annotations

from dataclasses import dataclass
from email.parser import HeaderParser

__all__ = ["LARGEST", "CoreMetadata", "parse_core_metadata"]

LARGEST = 4 * 2**20
"""Of METADATA, description included; real ones stay below a tenth of it."""


@dataclass(frozen=True, slots=True)
class CoreMetadata:
    """The fields that matter here, as written.

    Attributes:
        name: `Name`.
        version: `Version`.
        requires_python: `Requires-Python`.
        requires_dist: Every `Requires-Dist`.
        classifiers: Every `Classifier`.
    """

    name: str
    version: str
    requires_python: str | None = None
    requires_dist: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ()


def parse_core_metadata(data: bytes) -> CoreMetadata:
    """Read the headers; the description after them is not looked at.

    Raises:
        ValueError: There is no name or no version.
    """
    message = HeaderParser().parsestr(data.decode("utf-8", "replace"))

    def every(field: str) -> tuple[str, ...]:
        return tuple(str(value).strip() for value in message.get_all(field, []))

    def only(field: str) -> str | None:
        return next(iter(every(field)), None)

    name, version = only("Name"), only("Version")
    if not name or not version:
        raise ValueError("its metadata has no name or no version")
    return CoreMetadata(
        name, version, only("Requires-Python"), every("Requires-Dist"), every("Classifier")
    )
