"""Watching a part of a program from within it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ungil.findings import Finding
from ungil.races.journal import Record, observation
from ungil.races.judging import judge
from ungil.races.observed import Observation
from ungil.races.session import Session
from ungil.races.settings import Settings, kept_code

__all__ = ["Races", "watch"]


@dataclass
class Races:
    """What was found, once the `with` block has ended.

    Attributes:
        observation: All that was seen.
        findings: What it means, the worst first.
    """

    observation: Observation = field(default_factory=Observation)
    findings: list[Finding] = field(default_factory=list)


@contextmanager
def watch(
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    include_stdlib: bool = False,
    folder: Path | None = None,
    history: int = 0,
) -> Iterator[Races]:
    """Watch what functions of the project do while the block runs.

    Modules that are imported in the block are watched from their import, and the
    functions of those that were imported before it are watched when they are called. The
    block's own lines are not: a function that is running keeps its code.

    Args:
        include: Packages that are watched as well.
        exclude: Packages that are not.
        include_stdlib: Is the standard library watched?
        folder: The project's; default: the current one.
        history: Variables that are remembered at most; 0 for as many as there are.

    Raises:
        RuntimeError: This process is being watched already.
    """
    folder = Path.cwd() if folder is None else folder.absolute()
    settings = Settings(
        str(folder), tuple(include), tuple(exclude), include_stdlib, history, cache=kept_code()
    )
    records: list[Record] = []
    races = Races()
    session = Session(settings, records.append)
    session.start()
    try:
        session.take_over()
        yield races
    finally:
        session.stop()
        races.observation = observation(records)
        races.findings = judge(races.observation, folder)
