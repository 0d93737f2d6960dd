"""`ungil bench run`: a function of the user's, the marked ones of a module, or a script."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ungil.bench.model import Build, Task
from ungil.bench.own import CALLS, Given, is_script, marked, named
from ungil.cli import Parser
from ungil.cli.bench import STATUSES, count, measured, measuring
from ungil.cli.options import split_program, with_value

__all__ = ["given", "own_options", "run"]


def run(arguments: Sequence[str]) -> int:
    """Do what the words behind `ungil bench run` say; the exit status."""
    parser = _parser()
    ours, program = split_program(arguments, with_value(parser))
    if program and is_script(program[0]):
        # What follows is the script's own.
        options = parser.parse_args([*ours, program[0]])
        own = program[1:]
    else:
        options, own = parser.parse_args(arguments), []
    options.advise = False
    return measured(lambda builds: _tasks(options, given(options, own), builds), options)


def _tasks(options: argparse.Namespace, beside: Given, builds: Sequence[Build]) -> Sequence[Task]:
    task = named(options.what, beside, Path.cwd())
    if task.script is not None or ":" in task.function:
        return [task]
    return marked(task, builds, options.limit)


def own_options(parser: argparse.ArgumentParser) -> None:
    """Declare what a function of the user's is measured with."""
    parser.add_argument(
        "--items",
        metavar="MODULE:NAME",
        default="",
        help="what the function is called with, one after the other: an iterable, or a function "
        "that gives one anew for each pass; default: as it is marked, or nothing",
    )
    parser.add_argument(
        "--setup", metavar="MODULE:NAME", default="", help="a function, called before each pass"
    )
    parser.add_argument(
        "--check",
        metavar="MODULE:NAME",
        default="",
        help="a function that is given the list of results and says whether they are right",
    )
    parser.add_argument(
        "--calls",
        metavar="N",
        type=count,
        help=f"how often a function without items is called (default: {CALLS})",
    )


def given(options: argparse.Namespace, arguments: Sequence[str] = ()) -> Given:
    """What was said beside a name.

    Args:
        options: Those of `own_options`.
        arguments: A script's own.
    """
    return Given(options.items, options.setup, options.check, options.calls, tuple(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="ungil bench run",
        description="Measure your own work; its results in serial are what all others' are "
        "compared with.",
        epilog=STATUSES,
        allow_abbrev=False,
    )
    parser.add_argument(
        "what",
        metavar="WHAT",
        help="module:function, path/file.py:function, a module whose marked functions are "
        "measured (@ungil.bench.benchmark), or script.py with its arguments, which is run whole",
    )
    own_options(parser)
    measuring(parser)
    return parser
