"""All builds of a task -> findings, and sentences about what was not found."""

from __future__ import annotations

from collections.abc import Sequence

from ungil.bench.asking import Bench
from ungil.bench.diagnose.diagnosis import Diagnosis, Progress, diagnose
from ungil.bench.diagnose.runs import Asked
from ungil.bench.diagnose.words import findings
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
    if diagnosis.unsure or diagnosis.causes or diagnosis.evidence is None:
        return diagnosis.unsure
    threads = diagnosis.evidence.gains.get("threads")
    if threads is None:
        return "Nothing was found that keeps it from scaling."
    times = threads.times
    return (
        "Nothing was found that keeps it from scaling: the seconds of "
        f"{diagnosis.workers} threads, added up, are {times.value:.2f} times "
        f"({times.low:.2f}–{times.high:.2f}) those of one."
    )
