"""`ungil bench`: is it worth it, and why does it stop scaling?"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from ungil import reports
from ungil.bench.builds import builds, worth_measuring
from ungil.bench.experiment import QUICK_ROUNDS, ROUNDS, Plan, carry_out
from ungil.bench.formats import FORMATS, render
from ungil.bench.judging import exit_status, nothing
from ungil.bench.machine import machine
from ungil.bench.model import ARMS, Build, Result, Task
from ungil.bench.reference import names, reference, summary
from ungil.cache import cache_directory
from ungil.cli.complain import complain
from ungil.cli.options import each
from ungil.cli.progress import Progress
from ungil.cli.screen import may_color, width
from ungil.findings import printable
from ungil.interpreters import Interpreter, InterpreterError, Known, best, probe, survey
from ungil.target import TargetError, names_a_series, parse_python

HELP = "measure threads against processes and interpreters, with the GIL and without"

WORDS = ("advise", "run")
"""Words in the place of a workload, each with a module `bench_…` of its own."""

STATUSES = (
    "Exit statuses: 0 measured; 1 results are wrong, or differ from those in serial (UG501); "
    "2 wrong use, what was named is not there, or no room on the disk; 3 nothing could be measured."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.usage = (
        "%(prog)s [OPTION ...] [WORKLOAD ...]\n"
        "       %(prog)s advise [OPTION ...] (WORKLOAD | module:function) ...\n"
        "       %(prog)s run [OPTION ...] "
        "(module:function | file.py:function | MODULE | script.py [ARGUMENT ...])"
    )
    parser.epilog = STATUSES
    parser.add_argument(
        "what", nargs="*", metavar="WORKLOAD", help="of the reference; default: all of them"
    )
    parser.add_argument("--list", action="store_true", help="list the reference workloads")
    reference_options(parser)
    measuring(parser)


def reference_options(parser: argparse.ArgumentParser) -> None:
    """Declare what reference workloads may be given."""
    parser.add_argument(
        "--set",
        metavar="NAME=N",
        action="append",
        default=[],
        type=_parameter,
        help="a parameter of the workloads; repeatable",
    )


def measuring(parser: argparse.ArgumentParser) -> None:
    """Declare how is measured, and where the report goes."""
    parser.add_argument(
        "--python",
        action="append",
        metavar="PYTHON",
        default=[],
        help="a program or a version such as 3.14t; repeatable; default: each free-threaded one "
        "of this machine and the GIL-enabled one of its series",
    )
    parser.add_argument(
        "--arms",
        action="append",
        metavar="ARM",
        type=_arms,
        default=[],
        help=f"beside serial, some of {', '.join(ARMS[1:])}; repeatable; default: all",
    )
    parser.add_argument(
        "--workers",
        metavar="1,2,…",
        type=_counts,
        help="how many; default: powers of two up to the processors",
    )
    parser.add_argument(
        "--rounds",
        metavar="N",
        type=count,
        help=f"how often each is measured; default: {ROUNDS}, with --quick {QUICK_ROUNDS}",
    )
    parser.add_argument(
        "--limit",
        metavar="SECONDS",
        type=_seconds,
        default=60.0,
        help="for each sample (default: %(default)g)",
    )
    parser.add_argument("--quick", action="store_true", help="smaller, and less sure")
    parser.add_argument(
        "--diagnose",
        action="store_true",
        help="find out why threads do not scale: the object, the lock or whatever it is, what "
        "would be won without it, and what to do",
    )
    parser.add_argument("--format", choices=FORMATS, default="terminal")
    parser.add_argument("--output", metavar="FILE", type=Path)


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our own arguments, and those of a word with a module of its own."""
    is_word = bool(arguments) and arguments[0] in WORDS
    return ([], [*arguments]) if is_word else ([*arguments], [])


def run(options: argparse.Namespace) -> int:
    """Measure, and show what came of it."""
    if options.program:
        word, *rest = options.program
        status: int = import_module(f"ungil.cli.bench_{word}").run(rest)
        return status
    if options.list:
        for name in names():
            print(f"{name:16} {summary(name)}")
        return 0
    options.advise = False
    return measured(lambda _: workloads(each(options.what) or names(), options), options)


def measured(
    tasks: Callable[[Sequence[Build]], Sequence[Task]], options: argparse.Namespace
) -> int:
    """Measure tasks and show what came of it; the exit status.

    Args:
        tasks: Says what is measured, given on what.
        options: Those of `measuring`; and `advise`: is advice wanted?
    """
    plan = Plan(
        each(options.arms),
        options.workers or (),
        options.rounds or 0,
        options.limit,
        options.quick,
        options.diagnose,
        options.advise,
    )
    try:
        with Progress() as progress:
            chosen = list(builds(_interpreters(options.python, progress)))
            # Before anything is measured, as its load is among what it tells.
            host = machine()
            wanted = tasks(chosen)
            results = [
                carry_out(task, chosen, host, plan, _part(progress, number, len(wanted)))
                for number, task in enumerate(wanted)
            ]
    except (InterpreterError, TargetError, ValueError) as error:
        return complain(str(error), 2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return complain(f"cannot measure: {where}{error.strerror or error}", 2)
    status = exit_status([one.measured for one in results])
    if status > 1:
        complain(f"nothing could be measured: {nothing(results[0].measured)}", status)
    if status < 2 or options.format != "terminal":
        try:
            _show(results, options)
        except reports.OutputError as error:
            return complain(str(error), 2)
    return status


def _show(results: Sequence[Result], options: argparse.Namespace) -> None:
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


def workloads(wanted: Sequence[str], options: argparse.Namespace) -> list[Task]:
    """Reference workloads, as the options want them.

    Args:
        wanted: Their names.
        options: Those of `reference_options`, and `quick`.

    Raises:
        ValueError: There is no such workload or parameter; the message is one line.
    """
    for one in wanted:
        if one in WORDS:
            raise ValueError(f"{one!r} comes first: ungil bench {one} …")
        if one not in names():
            near = difflib.get_close_matches(one, names(), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "`ungil bench --list` lists them"
            raise ValueError(f"there is no workload {one!r}; {hint}")
    parameters = dict(options.set)
    return [reference(one, quick=options.quick, parameters=parameters) for one in wanted]


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


def _part(progress: Progress, number: int, count: int) -> Callable[[str, int, int], None]:
    """The progress of one of several tasks, which have the same number of steps each."""
    return lambda what, done, total: progress(what, number * total + done, count * total)


def count(text: str) -> int:
    """A number of the command line's.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no number from 1 to 10,000")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is no number of seconds")
    return seconds


def _arms(text: str) -> str:
    for one in each([text]):
        if one not in ARMS:
            raise argparse.ArgumentTypeError(
                f"there is no arm {printable(one)!r}; there are {', '.join(ARMS)}"
            )
    return text


def _counts(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(count(part) for part in text.split(",")))


def _parameter(text: str) -> tuple[str, int]:
    name, equals, value = text.partition("=")
    if not equals or not value.isdecimal():
        raise argparse.ArgumentTypeError(f"{printable(text)!r} is not NAME=NUMBER")
    return name, int(value)
