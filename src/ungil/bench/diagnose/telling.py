"""All builds of a task -> findings, and sentences about what was not found."""

from __future__ import annotations

from collections.abc import Sequence

from ungil.bench.asking import Bench
from ungil.bench.diagnose.deciding import Evidence
from ungil.bench.diagnose.diagnosis import Diagnosis, Progress, diagnose
from ungil.bench.diagnose.runs import Asked
from ungil.bench.diagnose.words import findings, in_words
from ungil.bench.model import Build
from ungil.findings import Finding

__all__ = ["explain"]


def explain(
    bench: Bench, builds: Sequence[Build], workers: int, progress: Progress
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Find out on each build why a task does not scale.

    Args:
        bench: Where runs are made, and of what.
        builds: On what; those on which we force the GIL on ourselves are left out.
        workers: How many threads; no more than processors.
        progress: Told what is done, how many rounds were, and of how many.

    Returns:
        Findings, and sentences.

    Raises:
        OSError: An interpreter cannot be started, or there is no room.
    """
    if bench.task.script is not None:
        return (), ("Not diagnosed: a script is run whole, and nothing in it can be changed.",)
    if workers < 2:
        return (), ("Not diagnosed: that takes two processors.",)
    found: list[Finding] = []
    notes: list[str] = []
    for build in builds:
        if build.gil == "1":
            continue
        diagnosis = diagnose(Asked(bench, build), workers, progress)
        found += findings(diagnosis, bench.task, build)
        said = _said(diagnosis)
        if said:
            notes.append(f"{bench.task.name} on {build.label}: {said}")
    return tuple(found), tuple(notes)


def _said(diagnosis: Diagnosis) -> str:
    """What is to be said beside findings; empty for nothing."""
    if diagnosis.evidence is None:
        return diagnosis.unsure
    figures = _figures(diagnosis.evidence)
    silent = not (diagnosis.causes or diagnosis.unsure)
    first = "Nothing was found that keeps it from scaling." if silent else diagnosis.unsure
    return " ".join(part for part in (first, figures) if part)


def _figures(evidence: Evidence) -> str:
    """How it scales, beside processes that share nothing; empty if that was not measured."""
    threads, isolated = evidence.gains.get("threads"), evidence.gains.get("isolated")
    if threads is None or isolated is None:
        return ""
    return (
        f"Added up, the seconds of {evidence.workers} threads are {in_words(threads)} those of "
        f"one, and those of {evidence.workers} processes with nothing in common "
        f"{in_words(isolated)}. "
        f"Threads slept for {evidence.asleep:.0%} of theirs."
    )
