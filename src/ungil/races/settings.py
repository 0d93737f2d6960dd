"""How a program is watched, as plain data on its way into the program's process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from ungil.cache import cache_directory
from ungil.races.scope import Scope

__all__ = ["Settings", "kept_code"]


def kept_code() -> str:
    """The folder of this user's that keeps instrumented code between runs."""
    return str(cache_directory() / "races")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user has chosen.

    Attributes:
        folder: The project's, absolute.
        include: Packages that are watched as well.
        exclude: Packages that are not.
        include_stdlib: Is the standard library watched?
        history: Variables that are remembered at most; 0 for as many as there are.
        together: How often each test is run at once; 1 for as it is.
        cache: The folder that keeps instrumented code; None for none.
    """

    folder: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include_stdlib: bool = False
    history: int = 0
    together: int = 1
    cache: str | None = None

    @property
    def scope(self) -> Scope:
        """Which modules are watched."""
        return Scope(self.folder, self.include, self.exclude, self.include_stdlib)

    def to_json(self) -> str:
        """One line, in ASCII."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """What `to_json` made."""
        read: dict[str, Any] = json.loads(text)
        for key in ("include", "exclude"):
            read[key] = tuple(read[key])
        return cls(**read)
