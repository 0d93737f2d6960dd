"""What `ungil race` found, confirmed: by a schedule that shows it and that can be replayed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ungil.cli.schedules import file_named, turns
from ungil.findings import Finding, printable
from ungil.races import Settings
from ungil.races.candidate import Candidate
from ungil.races.judging import Judged
from ungil.races.schedule.recorded import Recorded, Watched, write_recorded
from ungil.races.schedule.request import Confirming
from ungil.same_python import same_python

__all__ = ["confirm"]

INTERRUPTED = "it was interrupted"

_GRACE = 30
"""Seconds that a process may take until its first thread, beyond what it was given."""

_SHORT = 2.0
"""Seconds. Who has not ended then on greenlets may wait for more than locks and threads."""

_LEAST = 2.0
"""Seconds below which nothing is begun."""

_ENOUGH = 10.0
"""Seconds that one test gets, rather than that none gets enough."""


def confirm(
    findings: Iterable[Finding],
    judged: Iterable[Judged],
    program: Sequence[str],
    settings: Settings,
    seconds: float,
) -> tuple[list[Finding], list[str]]:
    """Run the program again, under control, to see what of a report comes true.

    Args:
        findings: Some may be set aside, and are left as they are.
        judged: The same, with what would confirm them.
        program: What was run.
        settings: How it was watched.
        seconds: How long it may take in all, about.

    Returns:
        The findings, of which those that were tried say what came of it; and sentences
        about what was done.
    """
    made = list(findings)
    known = {one.finding: one for one in judged if one.candidate is not None}
    tests: dict[str, list[int]] = {}
    for number, finding in enumerate(made):
        one = known.get(finding)
        if one is not None:
            tests.setdefault(one.test, []).append(number)
    until = time.monotonic() + seconds
    schedules = left_out = 0
    for done, (test, numbers) in enumerate(tests.items()):
        left = until - time.monotonic()
        if left < _LEAST:
            left_out += len(numbers)
            continue
        share = min(left, max(left / (len(tests) - done), _ENOUGH))
        request = Confirming(settings.to_json(), tuple(program), test, (), seconds=share)
        candidates = [known[made[number]].candidate for number in numbers]
        tried = _tried(request, [one for one in candidates if one is not None])
        schedules += tried.schedules
        for number, outcome in zip(numbers, tried.outcomes, strict=True):
            made[number] = _with(made[number], outcome, request)
        if tried.is_interrupted:
            until = time.monotonic()  # what was found is reported all the same
    return made, list(_notes(schedules, left_out))


def _notes(schedules: int, left_out: int) -> Iterator[str]:
    if schedules:
        yield (
            f"To confirm what was found, it was run again in {schedules:,} schedules, from its "
            "first thread on; --confirm 0 leaves that out."
        )
    if left_out:
        yield (
            f"{left_out} finding{'s were' if left_out > 1 else ' was'} not tried to be confirmed, "
            "since the time for it was over; --confirm SECONDS gives more."
        )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one candidate.

    Attributes:
        candidate: It.
        carrier: What the threads ran on.
        tried: How many schedules were, when it was done with.
        result: As the process gave it; None if it did not.
        problem: Why it did not.
    """

    candidate: Candidate
    carrier: str
    tried: int
    result: Mapping[str, Any] | None
    problem: str = ""

    @property
    def hangs(self) -> bool:
        """Is another carrier to be tried?"""
        result = self.result
        return result is not None and bool(result["waits"]) and result["failure"] is None


@dataclass(frozen=True, slots=True)
class _Tried:
    """What came of all that one test showed.

    Attributes:
        outcomes: Of each candidate.
        schedules: How many there were.
        differ: Did executions do something to those that followed?
        is_interrupted: Is nothing more wanted?
    """

    outcomes: list[_Outcome]
    schedules: int = 0
    differ: bool = False
    is_interrupted: bool = False


def _tried(request: Confirming, candidates: Sequence[Candidate]) -> _Tried:
    """What came of each.

    Copies that have something in common that they change begin with the program. What waits
    for more than locks is tried on threads of the system, and may have files in common.
    """
    until = time.monotonic() + request.seconds
    first = _tried_on(replace(request, patience=_SHORT), candidates)
    again: list[int] = []
    if first.differ:
        again = list(range(len(candidates)))
        changed = replace(request, at_start=True, patience=request.patience + _GRACE)
    elif again := [number for number, one in enumerate(first.outcomes) if one.hangs]:
        changed = replace(request, at_start=True, carrier="threads")
    left = until - time.monotonic()
    if first.is_interrupted or not again or left < _LEAST:
        return first
    second = _tried_on(replace(changed, seconds=left), [candidates[number] for number in again])
    outcomes = list(first.outcomes)
    for number, one in zip(again, second.outcomes, strict=True):
        outcomes[number] = one
    schedules = first.schedules + second.schedules
    return _Tried(outcomes, schedules, is_interrupted=second.is_interrupted)


def _tried_on(request: Confirming, candidates: Sequence[Candidate]) -> _Tried:
    found, problem = _carried_out(replace(request, candidates=tuple(candidates)))
    schedules, carrier = found.get("schedules", 0), request.carrier
    results = found.get("results") or [None] * len(candidates)
    outcomes = []
    for one, result in zip(candidates, results, strict=True):
        is_known = result is not None and (result["done"] or result["failure"] is not None)
        outcomes.append(_Outcome(one, carrier, schedules, result if is_known else None, problem))
    return _Tried(outcomes, schedules, found.get("differ", False), problem == INTERRUPTED)


def _carried_out(request: Confirming) -> tuple[Mapping[str, Any], str]:
    """What came of the candidates, as far as it got; and why no further."""
    with tempfile.TemporaryDirectory(prefix="ungil-", ignore_cleanup_errors=True) as folder:
        command = [*same_python(), "-m", "ungil.races.schedule.copies.confirming", folder]
        # In a session of its own, so that it and its copies can be ended together.
        process = subprocess.Popen([*command, request.to_json()], start_new_session=True)  # noqa: S603 - it was run before, at the user's wish
        try:
            code = _waited_for(process, request.seconds, Path(folder, "result.json"))
        except subprocess.TimeoutExpired:
            problem = "the program hangs when it is run again"
        except KeyboardInterrupt:
            problem = INTERRUPTED
        else:
            problem = f"the program ended with {code} when it was run again"
        finally:
            _end_all(process)
        try:
            found: Mapping[str, Any] = json.loads(Path(folder, "result.json").read_bytes())
        except (OSError, ValueError):
            return {}, problem
    return found, found["problem"] or problem


def _waited_for(process: subprocess.Popen[bytes], seconds: float, told: Path) -> int:
    """How it ended; what it may take begins when it tells for the first time.

    Raises:
        subprocess.TimeoutExpired: It takes longer.
    """
    try:
        return process.wait(seconds + _GRACE)
    except subprocess.TimeoutExpired:
        if not told.exists():
            raise
        return process.wait(seconds)


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it has started, as far as that is still there."""
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _with(finding: Finding, outcome: _Outcome, request: Confirming) -> Finding:
    result = outcome.result
    if result is None:
        return _saying(finding, f"Not confirmed: {outcome.problem}.", confirmed=False)
    failure = result["failure"]
    if failure is None:
        count = f"{outcome.tried:,} schedule" + "s" * (outcome.tried != 1)
        why = f" ({result['hung']})" if result["hung"] else ""
        return _saying(finding, f"Not confirmed after {count}{why}.", confirmed=False)
    recorded = Recorded(
        request.program,
        failure["kind"],
        failure["text"],
        tuple(failure["choices"]),
        tuple((path, line, text) for path, line, text in result["shared"]),
        request.test,
        outcome.candidate,
        carrier=outcome.carrier,
        watched=Watched.of(Settings.from_json(request.settings)),
        fixed=result["fixed"],
    )
    place = "" if finding.location is None else str(finding.location)
    file = file_named(f"{finding.rule.code} {place}")
    try:
        write_recorded(recorded, file)
        again = f"; `ungil race replay {file.as_posix()}` shows it again"
    except OSError as error:
        again = f"; its schedule could not be kept: {printable(str(error))}"
    text = f"Confirmed in schedule {failure['found']}: {failure['text'].rstrip('.')}{again}."
    return replace(_saying(finding, text, confirmed=True), turns=turns(failure["steps"]))


def _saying(finding: Finding, text: str, *, confirmed: bool) -> Finding:
    return replace(finding, message=f"{finding.message} {text}", confirmed=confirmed)
