"""What a process is asked that explores or replays a test, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be done.

    Attributes:
        settings: What is watched, as JSON.
        test: As `module:function`.
        strategy: The name of one.
        schedules: How many at most.
        seconds: How long at most.
        seed: Of what is drawn.
        choices: The schedule to follow; None to explore.
        shared: Places that touch what threads share, as far as is known.
        debug: Is a debugger wanted where it fails?
        patience: After how many seconds an execution that comes to no choice hangs.
    """

    settings: str
    test: str
    strategy: str = "pct"
    schedules: int = 1000
    seconds: float = 60
    seed: int = 0
    choices: tuple[str, ...] | None = None
    shared: tuple[tuple[str, int, str], ...] = ()
    debug: bool = False
    patience: float = 10
