"""How a project is watched for races, and what a run means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ungil import rules
from ungil.config import Config, apply_ignores
from ungil.findings import Report
from ungil.races import Observation, Settings
from ungil.races.settings import kept_code

__all__ = ["Again", "report_of", "settings_of"]


def settings_of(config: Config, folder: Path, *, cached: bool) -> Settings:
    """How a project is watched.

    Args:
        config: Of the project.
        folder: Its folder.
        cached: Is instrumented code kept for the next time?
    """
    race = config.race
    return Settings(
        str(folder),
        race.include,
        race.exclude,
        race.include_stdlib,
        race.history,
        race.together,
        kept_code() if cached else None,
    )


class Again(NamedTuple):
    """How a program is run again, to confirm what was found.

    Attributes:
        program: What was run.
        settings: How it was watched.
        seconds: How long it may take.
    """

    program: Sequence[str]
    settings: Settings
    seconds: float


def report_of(
    observation: Observation,
    subject: str,
    config: Config,
    ending: Sequence[str] = (),
    again: Again | None = None,
) -> Report:
    """What a run means.

    Args:
        observation: Of the run.
        subject: What was run, as a person would name it.
        config: Of the project.
        ending: Sentences about how the run ended.
        again: How it is confirmed; None for not at all.
    """
    from ungil.races import (  # noqa: PLC0415 - nobody should wait for it before the program
        Sources,
        closing,
        judged,
        run_once,
        suppressed,
    )

    all_judged = judged(observation, Path.cwd(), Sources.of_files())
    found, remarks = suppressed(one.finding for one in all_judged)
    ignores = [one for one in config.ignores if one.rule in rules.OF_RACES]
    marked = apply_ignores(found, ignores, datetime.now(UTC).date())
    # Another run of the project may show what this one did not.
    findings = tuple(one for one in marked if one.rule is not rules.IGNORE_UNUSED)
    tried: list[str] = []
    if again is not None and any(one.candidate is not None for one in all_judged):
        from ungil.cli.race_confirm import confirm  # noqa: PLC0415 - only where something was found

        confirmed, tried = confirm(findings, all_judged, *again)
        findings = tuple(confirmed)
    last = closing(observation, findings, stdlib=config.race.include_stdlib)
    return Report(
        "race",
        subject,
        findings=findings,
        notes=(
            *remarks,
            *observation.problems,
            *run_once(observation.unsafe_tests),
            *ending,
            *tried,
            last,
        ),
    )
