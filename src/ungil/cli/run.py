"""`ungil run`: a program in, its own exit status out, and a report beside it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ungil import reports, rules
from ungil.cli.complain import complain
from ungil.cli.options import split_program
from ungil.config import Config, ConfigError, apply_ignores, load
from ungil.findings import Report, Severity
from ungil.running import (
    Declarations,
    NoInterpreterError,
    ProgramError,
    Run,
    choose,
    end_like,
    judge,
)
from ungil.running import (
    run as run_program,
)
from ungil.target import PythonVersion, Target, TargetError, local_platform, parse_python

HELP = "run a program unchanged, and report what switched the GIL on"

_WITH_VALUE = ("--python", "--on-gil", "--target", "--index-url", "--format", "--output")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.usage = "%(prog)s [OPTION ...] (SCRIPT | -m MODULE | -c CODE) [ARGUMENT ...]"
    parser.add_argument(
        "--python",
        metavar="PYTHON",
        help="a series such as 3.14t, a program or a virtual environment; default: a "
        "free-threaded one, that of this environment first",
    )
    parser.add_argument(
        "--on-gil",
        choices=("fail", "warn", "report"),
        default="report",
        help="when the GIL comes on: the import fails; a line is printed at once; or it is "
        "reported at the end (the default)",
    )
    parser.add_argument(
        "--trace-imports", action="store_true", help="show who imported which extension module"
    )
    parser.add_argument(
        "--target",
        metavar="3.14t",
        type=_target,
        help="where importing shows nothing, ask the package index for the wheels of the "
        "distributions that were imported, and read what they declare for that Python",
    )
    parser.add_argument("--index-url", metavar="URL", help="with --target; default: as for pip, uv")
    out = parser.add_argument_group("the report")
    out.add_argument("--format", choices=list(reports.FORMATS), default="terminal")
    out.add_argument(
        "--output", metavar="FILE", type=Path, help="write it there, rather than to standard error"
    )
    out.add_argument("-v", "--verbose", action="store_true", help="leave nothing out")


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our own arguments, and the program with its own, as `python` would take them."""
    return split_program(arguments, _WITH_VALUE)


def run(options: argparse.Namespace) -> int:
    """Run the program, report, and end as it ended."""
    try:
        return _run(options)
    except (ConfigError, NoInterpreterError, ProgramError) as error:
        return complain(error, 2)


def _run(options: argparse.Namespace) -> int:
    if not options.program:
        return complain("nothing to run; name a script, -m MODULE or -c CODE", 2)
    folder = Path.cwd()
    config = load(folder / "pyproject.toml")
    interpreter = choose(options.python, folder)
    ran = run_program(interpreter, options.program, options.on_gil)
    report = _judged(ran, options, folder, config)
    status = report.exit_status(Severity.ERROR) if options.on_gil == "fail" else 0
    try:
        _show(report, options)
    except reports.OutputError as error:
        status = complain(error, 2)
    except OSError:
        # The reader of the report has gone, or its disk is full; how the program ended has not.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    return end_like(ran.code) or status


def _judged(ran: Run, options: argparse.Namespace, folder: Path, config: Config) -> Report:
    notes = [f"Run by {ran.interpreter}."]
    declarations = Declarations()
    if options.target is not None:
        declarations, missing = _of_wheels(ran, options)
        notes += missing
    report = judge(
        _name(options.program),
        ran.journal,
        folder,
        declarations,
        pid=ran.pid,
        target=None if options.target is None else str(options.target),
        notes=notes,
        with_tree=options.trace_imports,
    )
    ignores = [one for one in config.ignores if one.rule in rules.OF_RUNS]
    marked = apply_ignores(report.findings, ignores, datetime.now(UTC).date())
    # Another program of the project may import what this one did not.
    findings = tuple(found for found in marked if found.rule is not rules.IGNORE_UNUSED)
    return replace(report, findings=findings)


def _name(program: Sequence[str]) -> str:
    """What was run, as a person would name it."""
    first = program[0]
    if first.startswith("-m"):
        return first[2:] or " ".join(program[1:2])
    return "-c" if first.startswith("-c") else first


def _of_wheels(ran: Run, options: argparse.Namespace) -> tuple[Declarations, Sequence[str]]:
    from ungil.index import IndexSettings, PackageIndex, PackageIndexError  # noqa: PLC0415 - few runs ask

    target = Target(options.target, local_platform())
    try:
        with PackageIndex(IndexSettings.from_environment(index_url=options.index_url)) as index:
            return Declarations.of_wheels(ran.journal, target, index)
    except PackageIndexError as error:
        return Declarations(), (f"The wheels were not read: {error}.",)


def _show(report: Report, options: argparse.Namespace) -> None:
    from ungil.cli.screen import show  # noqa: PLC0415 - nobody should wait for it before the program

    if sys.stderr is None and options.output is None:
        return  # it was closed (`2>&-`), so nobody wants it
    # Standard output is the program's own.
    show(report, options.format, options.output, stream=sys.stderr, verbose=options.verbose)


def _target(text: str) -> PythonVersion:
    try:
        version = parse_python(text)
    except TargetError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not version.free_threaded:
        raise argparse.ArgumentTypeError(f"{version} is not free-threaded; write {version}t")
    return version
