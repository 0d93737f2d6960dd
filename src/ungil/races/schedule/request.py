"""What a process is asked that explores, replays or confirms, as plain data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from ungil.races.candidate import Candidate, Spot

__all__ = ["Confirming", "Request", "candidate_from"]


@dataclass(frozen=True, slots=True)
class Request:
    """Which test, and how it is watched.

    Attributes:
        settings: What is watched, as JSON.
        test: As `module:function`; of one to follow again, it is in its schedule.
        file: Of a schedule to follow; empty to explore pieces.
        debug: Is a debugger wanted where it fails?
        patience: After how many seconds an execution that comes to no choice hangs.
        carrier: What threads run on: `greenlets`, `threads`, or `auto` for what fits.
        stress: Are pieces carried out in plain threads, without any control?
    """

    settings: str
    test: str = ""
    file: str = ""
    debug: bool = False
    patience: float = 10
    carrier: str = "auto"
    stress: bool = False


@dataclass(frozen=True, slots=True)
class Confirming:
    """Which candidates are to be confirmed.

    Attributes:
        settings: What is watched, as JSON.
        program: As `run_program` has it.
        test: The only test to be run, of a run of pytest; empty for all.
        candidates: What is suspected.
        schedules: How many are tried for each at most.
        seconds: How long for all of them.
        patience: After how many seconds an execution that has not ended hangs.
        carrier: What threads run on: `greenlets` or `threads`.
        at_start: Do copies begin with the program, rather than with its first thread?
    """

    settings: str
    program: tuple[str, ...]
    test: str
    candidates: tuple[Candidate, ...]
    schedules: int = 300
    seconds: float = 30
    patience: float = 10
    carrier: str = "greenlets"
    at_start: bool = False

    def to_json(self) -> str:
        """One line, in ASCII."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Confirming:
        """What `to_json` made."""
        read: dict[str, Any] = json.loads(text)
        made = tuple(candidate_from(one) for one in read.pop("candidates"))
        return cls(program=tuple(read.pop("program")), candidates=made, **read)


def candidate_from(read: Any) -> Candidate:  # noqa: ANN401 - JSON
    """A candidate, of JSON."""
    return Candidate(read["kind"], tuple(Spot(*one) for one in read["spots"]))
