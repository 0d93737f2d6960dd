"""`ungil bench advise`: which kind of parallelism a task should use."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ungil.bench.model import Task
from ungil.bench.own import named
from ungil.bench.reference import names
from ungil.cli import Parser
from ungil.cli.bench import STATUSES, measured, measuring, reference_options, workloads
from ungil.cli.bench_run import given, own_options
from ungil.cli.options import each

__all__ = ["run"]


def run(arguments: Sequence[str]) -> int:
    """Do what the words behind `ungil bench advise` say; the exit status."""
    options = _parser().parse_args(arguments)
    options.advise = True
    return measured(lambda _: _tasks(options), options)


def _tasks(options: argparse.Namespace) -> list[Task]:
    tasks: list[Task] = []
    for one in each(options.what) or names():
        if ":" in one:
            tasks.append(named(one, given(options), Path.cwd()))
        else:
            tasks += workloads([one], options)
    return tasks


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="ungil bench advise",
        description="Say from measurement which kind of parallelism to use.",
        epilog=STATUSES,
        allow_abbrev=False,
    )
    parser.add_argument(
        "what",
        nargs="*",
        metavar="WHAT",
        help="module:function, path/file.py:function, or a workload of the reference; "
        "default: all workloads",
    )
    own_options(parser)
    reference_options(parser)
    measuring(parser)
    return parser
