"""`ungil bench`: is it worth it, and why does it stop scaling?"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ungil import reports
from ungil.bench.advice import advise
from ungil.bench.asking import bench
from ungil.bench.builds import builds, worth_measuring
from ungil.bench.choice import MANY, SURE, mostly_waits
from ungil.bench.concluding import conclude
from ungil.bench.formats import FORMATS, render
from ungil.bench.machine import machine
from ungil.bench.model import ARMS, Build, Machine, Measured, Result, Task
from ungil.bench.profile import profiles
from ungil.bench.reference import names, reference, summary
from ungil.bench.rounds import cells, measure, worker_counts
from ungil.bench.yardstick import yardsticks
from ungil.cache import cache_directory
from ungil.cli.options import each
from ungil.cli.progress import Progress
from ungil.cli.screen import may_color, width
from ungil.findings import printable
from ungil.interpreters import Interpreter, InterpreterError, Known, best, probe, survey
from ungil.target import TargetError, names_a_series, parse_python

HELP = "measure threads against processes and interpreters, with the GIL and without"

ROUNDS, QUICK_ROUNDS = 7, 3

CALLS = 32
"""Of a function without items."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.usage = (
        "%(prog)s [OPTION ...] [WORKLOAD ...]\n"
        "       %(prog)s advise [OPTION ...] (WORKLOAD | module:function) ..."
    )
    parser.add_argument(
        "what", nargs="*", metavar="WORKLOAD", help="of the reference; default: all of them"
    )
    parser.add_argument("--list", action="store_true", help="list the reference workloads")
    parser.add_argument(
        "--python",
        action="append",
        metavar="PYTHON",
        default=[],
        help="a program or a version such as 3.14t; repeatable; default: each free-threaded one "
        "of this machine and the GIL-enabled one of its series",
    )
    parser.add_argument("--arms", action="append", metavar="ARM", default=[])
    parser.add_argument("--workers", metavar="1,2,…", type=_counts)
    parser.add_argument("--rounds", metavar="N", type=_count)
    parser.add_argument("--limit", metavar="SECONDS", type=float, default=60.0)
    parser.add_argument("--set", metavar="NAME=N", action="append", default=[], type=_parameter)
    parser.add_argument(
        "--items",
        metavar="MODULE:NAME",
        default="",
        help="what your own function is called with, one after the other: an iterable, or a "
        "function that gives one anew for each pass",
    )
    parser.add_argument("--setup", metavar="MODULE:NAME", default="", help="called before each")
    parser.add_argument("--quick", action="store_true", help="smaller, and less sure")
    parser.add_argument("--format", choices=FORMATS, default="terminal")
    parser.add_argument("--output", metavar="FILE", type=Path)


def run(options: argparse.Namespace) -> int:
    """Measure, and show what came of it."""
    if options.list:
        for name in names():
            print(f"{name:16} {summary(name)}")
        return 0
    options.advise = options.what[:1] == ["advise"]
    if options.advise:
        del options.what[0]
    try:
        return _measured(options)
    except (InterpreterError, TargetError, ValueError, reports.OutputError) as error:
        return _complain(str(error), 2)


def _measured(options: argparse.Namespace) -> int:
    tasks = _tasks(options)
    with Progress() as progress:
        chosen = list(builds(_interpreters(options.python, progress)))
        # Before anything is measured, as its load is among what it tells.
        host = machine()
        results = [
            _of(task, chosen, host, options, _part(progress, number, len(tasks)))
            for number, task in enumerate(tasks)
        ]
    to_terminal = options.output is None and options.format == "terminal"
    text = render(
        results,
        options.format,
        width=width() if to_terminal else 100,
        color=to_terminal and may_color(),
        encoding="utf-8" if options.output else sys.stdout.encoding or "ascii",
    )
    if options.output is not None:
        reports.write(options.output, text)
    else:
        sys.stdout.write(text)
    return 0


def _tasks(options: argparse.Namespace) -> list[Task]:
    wanted = each(options.what) or names()
    own = {one for one in wanted if options.advise and ":" in one}
    for one in wanted:
        if one not in own and one not in names():
            near = difflib.get_close_matches(one, names(), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "`ungil bench --list` lists them"
            raise ValueError(f"there is no workload {one!r}; {hint}")
    parameters = dict(options.set)
    return [
        Task(one, one, options.items, options.setup, calls=CALLS, folders=(Path.cwd(),))
        if one in own
        else reference(one, quick=options.quick, parameters=parameters)
        for one in wanted
    ]


def _interpreters(given: Sequence[str], progress: Progress) -> list[Interpreter]:
    if not given:
        own = probe(sys.executable)
        rows = survey(memory=Known(cache_directory()), progress=progress)
        return worth_measuring((row for row in rows if isinstance(row, Interpreter)), own)
    return [_interpreter(one) for one in each(given)]


def _interpreter(name: str) -> Interpreter:
    if not names_a_series(name):
        return probe(name)
    version = parse_python(name)
    found = best(survey(version, memory=Known(cache_directory())), version)
    if found is None:
        raise ValueError(f"there is no Python {name} on this machine; `ungil python list` tells")
    return found


def _of(
    task: Task,
    chosen: Sequence[Build],
    host: Machine,
    options: argparse.Namespace,
    progress: Callable[[str, int, int], None],
) -> Result:
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    if options.advise and not options.rounds:
        rounds = max(rounds, SURE)
    arms = each(options.arms) or list(ARMS)
    within = max(1, int(host.usable))
    workers = options.workers or worker_counts(within)
    with bench(task, options.limit) as where:
        known = profiles(where, chosen, progress) if options.advise else {}
        if mostly_waits(known) and not options.workers:
            workers = (*workers, MANY)
        wanted = list(cells(chosen, arms, workers))
        with yardsticks([one for one in workers if one <= within]) as machines_own:
            series = measure(where, chosen, wanted, rounds, machines_own.take, progress)
            taken = list(machines_own.taken.values())
    result = conclude(Measured(task, tuple(chosen), rounds, tuple(series)), host, taken)
    return replace(result, advice=advise(result, known)) if options.advise else result


def _part(progress: Progress, number: int, count: int) -> Callable[[str, int, int], None]:
    """The progress of one of several tasks, which have the same number of steps each."""
    return lambda what, done, total: progress(what, number * total + done, count * total)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no number from 1 to 10,000")
    return int(text)


def _counts(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(_count(part) for part in text.split(",")))


def _parameter(text: str) -> tuple[str, int]:
    name, equals, value = text.partition("=")
    if not equals or not value.isdecimal():
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is not NAME=NUMBER")
    return name, int(value)


def _complain(text: str, status: int) -> int:
    print(f"ungil: {printable(text)}", file=sys.stderr)
    return status
