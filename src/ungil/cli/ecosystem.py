"""`ungil ecosystem`: a list of packages in, a survey of them out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ungil import reports
from ungil.cli.complain import complain
from ungil.cli.options import day, each, index_options
from ungil.cli.progress import Progress
from ungil.cli.screen import may_color, width
from ungil.ecosystem import (
    FORMATS,
    TOP_LIST,
    ListError,
    Question,
    Survey,
    badge,
    names_in,
    read_earlier,
    render,
    survey,
    top_count,
    top_names,
)
from ungil.findings import printable
from ungil.index import IndexSettings, PackageIndex, PackageIndexError
from ungil.project import SubjectError
from ungil.target import DEFAULT_VERSIONS, Target, TargetError, parse_platform, parse_python

HELP = "how far many packages are, on any day, and what moved"

_UNASKED = 50  # names that are looked up without a question
_PLATFORMS = ("linux", "macos", "windows")
_PATIENCE = 900.0  # seconds; whoever asks about hundreds of packages can wait
_A_WHILE = timedelta(days=30)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "list",
        nargs="?",
        default=".",
        metavar="LIST",
        help="a file of names, a lock, a requirements file, a project directory, JSON with names "
        "(a saved list, or a report of this verb), or top:N, the N most downloaded packages; "
        "default: the current directory",
    )
    parser.add_argument(
        "--badge", metavar="PACKAGE", help="instead of a list: write this package's badge (SVG)"
    )
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--as-of",
        metavar="DATE",
        type=day,
        help="how it stood at the end of that day; default: today",
    )
    what.add_argument(
        "--since",
        metavar="DATE",
        type=day,
        help="list what changed from that day on; default: 30 days before",
    )
    what.add_argument("--target", action="append", metavar="3.14t", help="Python; repeatable")
    what.add_argument(
        "--platform",
        action="append",
        metavar="NAME",
        help="linux, macos, windows (the default is these three) or uv's names; repeatable",
    )
    what.add_argument(
        "--declarations",
        action="store_true",
        help="also read what the modules in the fitting wheels declare: do they keep the GIL off?",
    )
    what.add_argument(
        "--previous",
        metavar="FILE",
        type=Path,
        help="an earlier report (JSON or HTML): tell what changed since, too",
    )
    what.add_argument(
        "--top-list",
        metavar="URL_OR_FILE",
        default=os.environ.get("UNGIL_TOP_LIST") or TOP_LIST,
        help="where top:N is found; a saved copy will do (also UNGIL_TOP_LIST)",
    )
    what.add_argument(
        "--yes", action="store_true", help=f"look up more than {_UNASKED} names without asking"
    )
    index_options(parser)
    out = parser.add_argument_group("output")
    out.add_argument("--format", choices=FORMATS, default="terminal")
    out.add_argument("--output", metavar="FILE", type=Path, help="write there, all or nothing")


def run(options: argparse.Namespace) -> int:
    """Survey, print, and tell by the exit status."""
    try:
        return _run(options)
    except (ListError, SubjectError, TargetError, reports.OutputError) as error:
        return complain(error, 2)
    except PackageIndexError as error:
        return complain(error, 3)


def _run(options: argparse.Namespace) -> int:
    if options.badge and options.list != ".":
        raise ListError("--badge is about one package; name no list beside it")
    as_of = options.as_of or datetime.now(UTC).date()
    since = options.since or as_of - _A_WHILE
    if since > as_of:
        raise ListError(f"--since {since} is after {as_of}, the day that is asked for")
    targets = _targets(options)
    previous = read_earlier(options.previous) if options.previous else None
    settings = _settings(options)
    with Progress() as progress, _index(settings, progress) as index:
        source, names, notes = _names(options, targets, index)
        if not _may_ask(len(names), options):
            return 2
        question = Question(source, names, targets, as_of, since, options.declarations, previous)
        try:
            found = survey(question, index, progress)
        except KeyboardInterrupt:
            progress.say("what was answered is kept; the same command goes on from there")
            raise
        warnings = [*notes, *index.warnings]
    for warning in warnings:
        print(f"ungil: {printable(warning)}", file=sys.stderr)
    _show(found, options)
    problems = [f"{p.name}: {p.problem}" for p in found.packages if p.problem]
    if not problems:
        return 0
    others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return complain(f"not known: {problems[0]}{others}", 3)


def _targets(options: argparse.Namespace) -> list[Target]:
    return [
        Target(parse_python(python), parse_platform(platform))
        for python in each(options.target or DEFAULT_VERSIONS)
        for platform in each(options.platform or _PLATFORMS)
    ]


def _settings(options: argparse.Namespace) -> IndexSettings:
    found = IndexSettings.from_environment(
        index_url=options.index_url,
        extra_index_urls=tuple(options.extra_index_url),
        find_links=tuple(options.find_links),
        no_index=options.no_index,
        offline=options.offline,
        refresh=options.refresh,
        cache_dir=options.cache_dir,
    )
    return replace(found, patience=_PATIENCE)


def _index(settings: IndexSettings, progress: Progress) -> PackageIndex:
    def on_pause(host: str, seconds: float) -> None:
        progress.say(f"{host} asks to be left alone for {seconds:.0f} s")

    return PackageIndex(settings, on_pause=on_pause)


def _names(
    options: argparse.Namespace, targets: Sequence[Target], index: PackageIndex
) -> tuple[str, list[str], list[str]]:
    """The list as the user named it, the names in it, and notes."""
    if options.badge:
        names, notes = names_in(options.badge, targets, Path.cwd())
        if len(names) != 1:
            raise ListError(f"--badge is about one package, and not {len(names)}")
        return names[0], names, notes
    count = top_count(options.list)
    if count is not None:
        what = "the list of the most downloaded packages"
        names = top_names(count, options.top_list, lambda url: index.document(url, what))
        return options.list, names, []
    source = Path(options.list).resolve().name if Path(options.list).exists() else options.list
    return source, *names_in(options.list, targets, Path.cwd())


def _may_ask(count: int, options: argparse.Namespace) -> bool:
    """Look so many names up? A person is asked, a program has to say so."""
    if count <= _UNASKED or options.yes or options.offline:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        complain(f"{count} names are to be looked up; say --yes if that is meant", 2)
        return False
    print(
        f"Look up {count} names on the package index? [y/N] ", end="", file=sys.stderr, flush=True
    )
    if sys.stdin.readline().strip().lower() in {"y", "yes"}:
        return True
    complain("nothing was looked up", 2)
    return False


def _show(found: Survey, options: argparse.Namespace) -> None:
    encoding = "utf-8" if options.output else sys.stdout.encoding or "ascii"
    if options.badge:
        text = badge(found)
    else:
        to_terminal = options.output is None and options.format == "terminal"
        text = render(
            found,
            options.format,
            width=width() if to_terminal else 100,
            color=to_terminal and may_color(),
            encoding=encoding,
        )
    if options.output is not None:
        reports.write(options.output, text)
        return
    sys.stdout.write(text)
    sys.stdout.flush()
