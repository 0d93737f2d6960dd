"""`ungil race explore` and `ungil race replay`: a test in many schedules, or in one again."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ungil import rules
from ungil.cli import Parser
from ungil.cli.complain import complain
from ungil.cli.race_report import settings_of
from ungil.cli.schedules import turns
from ungil.config import ConfigError, load
from ungil.findings import Finding, Report, printable
from ungil.races.schedule import (
    CARRIERS,
    GRACE,
    STRATEGIES,
    EngineError,
    Found,
    Recorded,
    RecordedError,
    Request,
    cluster,
    processes,
    read_recorded,
    spread,
    write_recorded,
)
from ungil.reports.columns import columns
from ungil.same_python import same_python

__all__ = ["run"]

_SCHEDULES = 1000
"""At most so many, if nobody says otherwise."""

_TRIALS = 10_000
"""Likewise, in plain threads."""

_SHOWN = 3
"""Files that are not as they were when a schedule was recorded."""


def run(arguments: Sequence[str]) -> int:
    """Do what the words behind `ungil race` say; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        config = load(Path.cwd() / "pyproject.toml")
        settings = settings_of(config, Path.cwd(), cached=True).to_json()
        if options.word == "explore":
            return _explore(options, settings)
        return _replay(options, settings)
    except (ConfigError, EngineError, RecordedError) as error:
        return complain(error, 2)
    except OSError as error:
        return complain(f"{printable(str(error.filename or sys.executable))}: {error.strerror}", 2)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="ungil race", allow_abbrev=False)
    words = parser.add_subparsers(dest="word", required=True)
    explore = words.add_parser(
        "explore", help="run a test in many schedules, until one fails", allow_abbrev=False
    )
    explore.add_argument("test", metavar="MODULE:FUNCTION", type=_test)
    explore.add_argument("--strategy", choices=(*STRATEGIES, "stress"), default="pct")
    explore.add_argument("--schedules", type=_positive, metavar="N")
    explore.add_argument("--seconds", type=_positive, default=60, metavar="S")
    explore.add_argument("--seed", type=int, default=0)
    explore.add_argument(
        "--jobs", type=_positive, metavar="N", help="so many at once, each in its process"
    )
    explore.add_argument(
        "--on",
        type=_scheduler,
        metavar="dask://HOST:PORT",
        help="on the workers of a Dask cluster; needs ungil[dask]",
    )
    explore.add_argument("--patience", type=_positive, default=10, metavar="S")
    explore.add_argument("--carrier", choices=("auto", *CARRIERS), default="auto")
    explore.add_argument("--save", type=Path, metavar="FILE", help="where the schedule goes")
    explore.add_argument("--format", choices=("terminal", "json"), default="terminal")
    again = words.add_parser(
        "replay", help="run a test in the schedule of a file", allow_abbrev=False
    )
    again.add_argument("file", type=Path)
    again.add_argument("--pdb", action="store_true", help="a debugger, where it fails")
    again.add_argument("--carrier", choices=CARRIERS)
    again.add_argument("--patience", type=_positive, default=10, metavar="S")
    return parser


def _test(text: str) -> str:
    module, _, function = text.partition(":")
    parts = [*module.split("."), *function.split(".")]
    if not all(part.isidentifier() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is no module:function")
    return text


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


def _scheduler(text: str) -> str:
    kind, _, address = text.partition("://")
    host, _, port = address.rpartition(":")
    if kind != "dask" or not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no dask://HOST:PORT")
    return f"tcp://{address}"


def _carried_out(request: Request) -> Found:
    """What a process found that replays; `hung` or `problem` say why it found nothing."""
    with tempfile.TemporaryDirectory(prefix="ungil-", ignore_cleanup_errors=True) as folder:
        command = [*same_python(), "-m", "ungil.races.schedule.program"]
        text = json.dumps(asdict(request))
        # What a debugger asks, the user answers, when it pleases them.
        limit = None if request.debug else request.patience + 2 * GRACE
        try:
            done = subprocess.run([*command, text, folder], timeout=limit, check=False)  # noqa: S603 - the user asked for it
        except subprocess.TimeoutExpired:
            return {"hung": "a call that lets nobody else run"}
        try:
            found: Found = json.loads(Path(folder, "result.json").read_bytes())
        except OSError:
            return {
                "problem": f"the process of the test ended with {done.returncode} and said nothing"
            }
    return found


def _explored(
    request: Request, options: argparse.Namespace, strategy: str, schedules: int, seconds: float
) -> Found:
    """What was found by all; `hung` or `problem` say why nothing was."""
    engine = (
        processes(request, options.jobs or 1)
        if options.on is None
        else cluster(request, options.on, options.jobs)
    )
    with engine as carrying:
        return spread(
            carrying.begin,
            carrying.at_once,
            strategy=strategy,
            schedules=schedules,
            seconds=seconds,
            seed=options.seed,
            limit=seconds + options.patience + 2 * GRACE,
        )


def _sought(
    request: Request, options: argparse.Namespace, strategy: str, schedules: int, seconds: float
) -> Found:
    """As `_explored`, on the carrier that fits; `problem` says why nothing was found."""
    found = _explored(request, options, strategy, schedules, seconds)
    if found.get("hung") and found.get("carrier") != "threads":
        why = f"on greenlets it hangs in {printable(found['hung'])}"
    else:
        why = found.get("unfit", "")
    if why and request.carrier == "auto":
        threads = replace(request, carrier="threads")
        found = {**_explored(threads, options, strategy, schedules, seconds), "why": why}
    if found.get("hung"):
        found["problem"] = (
            f"schedule {found['executions'] + 1} of {options.test} hangs: nobody comes to a choice "
            f"for {options.patience} s; last seen in {printable(found['hung'])}. It computes "
            "without end, or waits for what does not come"
        )
    return found


def _explore(options: argparse.Namespace, settings: str) -> int:
    request = Request(settings, options.test, patience=options.patience, carrier=options.carrier)
    if options.strategy == "stress":
        return _stress(options, request)
    found = _sought(
        request, options, options.strategy, options.schedules or _SCHEDULES, options.seconds
    )
    if found.get("problem"):
        return _complain(found)
    return _shown(options, found["failure"], _findings(options, found), _notes(found))


def _complain(found: Found) -> int:
    """Say why nothing was found; the exit status."""
    return complain(found["problem"], 2 if found.get("wrong") else 3)


def _stress(options: argparse.Namespace, request: Request) -> int:
    """Plain threads, and if they fail, a schedule that does."""
    trials, began = options.schedules or _TRIALS, time.monotonic()
    tried = _explored(replace(request, stress=True), options, "stress", trials, options.seconds)
    if tried.get("problem"):
        return _complain(tried)
    if tried.get("hung"):
        return complain(f"a trial hangs: {tried['hung']}", 3)
    failed, count, seconds = tried["failure"], tried["executions"], tried["seconds"]
    if failed is None:
        note = (
            f"No failure in {count:,} trial{'s' * (count != 1)} in {seconds:.1f} s "
            f"({count / seconds:,.0f} a second), in plain threads that were released together; "
            "others may fail."
        )
        return _shown(options, None, (), [note])
    rest = max(1.0, options.seconds - (time.monotonic() - began))
    found = _sought(request, options, "pct", sys.maxsize, rest)
    notes = [found["problem"]] if found.get("problem") else _notes(found)
    said = f"It failed in trial {failed['found']:,} of stress, after {seconds:.1f} s: "
    said += f"{failed['text']}."
    if not found.get("problem") and found["failure"] is not None:
        notes = [printable(said), *notes]
        return _shown(options, found["failure"], _findings(options, found), notes)
    finding = Finding(
        rules.STRESS_FAILS,
        options.test,
        f"{said} No schedule of ours shows it.",
        "Run it again with `--strategy stress`. `ungil race` tells which accesses nothing orders.",
    )
    return _shown(options, failed, (finding,), notes)


def _shown(
    options: argparse.Namespace,
    failure: dict[str, Any] | None,
    findings: Sequence[Finding],
    notes: Sequence[str],
) -> int:
    report = Report("race", options.test, findings=tuple(findings), notes=tuple(notes))
    from ungil.cli.screen import show  # noqa: PLC0415 - it takes a while

    if failure is not None and options.format == "terminal":
        print(failure.get("traceback", ""), end="")
    show(report, options.format, None, stream=sys.stdout, verbose=False)
    return 1 if failure is not None else 0


def _findings(options: argparse.Namespace, found: Found) -> tuple[Finding, ...]:
    """What a schedule shows, which is kept in a file; nothing if none fails."""
    failure = found["failure"]
    if failure is None:
        return ()
    file = options.save or Path(".ungil", f"{options.test.replace(':', '.')}.schedule.json")
    recorded = Recorded(
        (options.test,),
        failure["kind"],
        failure["text"],
        tuple(failure["choices"]),
        tuple(map(tuple, found["shared"])),
        carrier=found["carrier"],
    )
    write_recorded(recorded, file)
    return (_finding(options.test, failure, file),)


def _replay(options: argparse.Namespace, settings: str) -> int:
    try:
        recorded = read_recorded(options.file)
    except RecordedError as error:
        return complain(f"cannot replay {printable(str(options.file))}: {error}", 2)
    request = Request(
        settings,
        file=str(options.file),
        debug=options.pdb,
        patience=options.patience,
        carrier=options.carrier or recorded.carrier,
    )
    found = _carried_out(request)
    if found.get("problem") or found.get("hung"):
        return complain(found.get("problem") or f"it hangs in {found['hung']}", 3)
    failure = found["failure"]
    if failure is not None:
        lines = columns(turns(failure["steps"]))
        print(*map(printable, lines), f"{failure['kind']}: {failure['text']}", sep="\n")
        is_same = failure["kind"] == recorded.kind
        if is_same and (failure["text"] == recorded.text or not found["missing"]):
            return 1
    why = "; ".join(found["missing"][:_SHOWN]) or found["diverged"]
    if why:
        return complain(f"it went another way than recorded: {printable(why)}", 3)
    if failure is None:
        print("It did not fail in this schedule.")
    return 0


def _finding(test: str, failure: dict[str, Any], file: Path | None) -> Finding:
    told = turns(failure["steps"])
    what = {"failed": "fails", "deadlock": "does not go on", "livelock": "does not end"}
    return Finding(
        rules.SCHEDULE_FAILS,
        test,
        f"Confirmed: it {what[failure['kind']]} in schedule {failure['found']}: {failure['text']}.",
        f"Run it again with `ungil race replay {file}`, with --pdb in a debugger. `ungil race` "
        "tells which accesses nothing orders.",
        told[-1].location if told else None,
        confirmed=True,
        turns=told,
    )


def _notes(found: Found) -> list[str]:
    count = f"{found['executions']:,} schedule" + "s" * (found["executions"] != 1)
    notes = []
    if found["failure"] is not None:
        notes.append(f"{count} until the first failure, by {found['strategy']}.")
    elif found["complete"]:
        notes.append(
            f"Proved, at the granularity of source operations, for these inputs: {count}, and no "
            "other computes anything else."
        )
    else:
        notes.append(f"No failure in {count}, by {found['strategy']}; others may fail.")
        if found["bound"]:
            notes.append(f"{found['bound'][0].upper()}{found['bound'][1:]}.")
    if found["carrier"] == "threads":
        why = f": {found['why']}" if found.get("why") else ""
        notes.append(f"On threads of the system{why}.")
    if found["outside"]:
        notes.append(
            "Not under control: when threads came back that waited outside of it, in C code."
        )
    if found["left"]:
        names = ", ".join(found["left"][:5])
        notes.append(f"Left behind, since they wait in C code and nobody wakes them: {names}.")
    if found["unwatched"]:
        names = ", ".join(sorted(set(found["unwatched"]))[:5])
        notes.append(f"Not under control: what these packages do between their locks: {names}.")
    return [*notes, *found["problems"]]
