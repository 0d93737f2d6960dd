"""What the fixture `opened` gives."""

from __future__ import annotations

from typing import Protocol

from ungil.index import PackageIndex


class Opener(Protocol):
    """Makes an index of these addresses; further settings by name."""

    def __call__(
        self, *urls: str, clock: float | None = None, **settings: object
    ) -> PackageIndex: ...
